#!/usr/bin/env python3
"""Writes into `images/made/` what is made of boxes (HEIF, AVIF, JPEG 2000, JPEG XL, CR3), camera raw files, and EXIF in
places where it is rare. Needs Pillow 13 and pillow-heif 1.8. What is expected of them is in `made_boxes.jsonl`, from the
corpus's judges. Pixels are those of an encoder in a few files, and missing in most: nobody reads them.

tests/data/make_boxes.py [OUT]
"""
import io
import struct
import sys
import zlib
from pathlib import Path

import pillow_heif
from PIL import Image

from make import ramp, saved, see_through

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "images/made")
pillow_heif.register_heif_opener()

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7


def tiff(*entries, order="<", magic=42, below=(), mark=b""):
    """A block of TIFF: entries of the first directory, and pairs of a pointer's tag and the entries that it leads to."""
    def value(kind, values):
        if isinstance(values, bytes):
            return len(values), values
        form = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "II"}[kind]
        flat = [part for item in values for part in item] if kind == RATIONAL else values
        count = len(values)
        return count, struct.pack(order + form * count, *flat)

    def directory(rows, at):
        end, places, tail = at + 2 + 12 * len(rows) + 4, b"", b""
        for tag, kind, values in sorted(rows, key=lambda row: row[0]):
            count, data = value(kind, values)
            if len(data) > 4:
                tail += b"\0" * ((end + len(tail)) % 2)
                field = struct.pack(order + "I", end + len(tail))
                tail += data
            else:
                field = data.ljust(4, b"\0")
            places += struct.pack(order + "HHI", tag, kind, count) + field
        return struct.pack(order + "H", len(rows)) + places + bytes(4) + tail

    start = 8 + len(mark)
    pointers = [(tag, LONG, [0]) for tag, _ in below]
    at = start + len(directory([*entries, *pointers], start))
    pointers, rest = [], b""
    for tag, rows in below:
        rest += b"\0" * ((at + len(rest)) % 2)
        pointers.append((tag, LONG, [at + len(rest)]))
        rest += directory(rows, at + len(rest))
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", magic, start) + mark
    return head + directory([*entries, *pointers], start) + rest


def camera(orientation=1, model=b"Box 1\0", **options):
    """EXIF of a made-up camera, with a position."""
    exif = [(0x829A, RATIONAL, [(1, 125)]), (0x9000, UNDEFINED, b"0232"), (0x9003, ASCII, b"2024:05:01 12:30:00\0")]
    gps = [(1, ASCII, b"N\0"), (2, RATIONAL, [(50, 1), (30, 1), (0, 1)]), (3, ASCII, b"E\0"),
           (4, RATIONAL, [(8, 1), (15, 1), (0, 1)])]
    zeroth = [(0x10F, ASCII, b"Example\0"), (0x110, ASCII, model), (0x112, SHORT, [orientation])]
    return tiff(*zeroth, below=[(0x8769, exif), (0x8825, gps)], **options)


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind, version, flags, *parts):
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def ispe(width, height):
    return full(b"ispe", 0, 0, struct.pack(">II", width, height))


def hvcC(chroma=1, bits=8):
    return box(b"hvcC", bytes([1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 30, 0xF0, 0, 0xFC, 0xFC | chroma, 0xF8 | bits - 8,
                               0xF8 | bits - 8, 0, 0, 0x0F, 0]))


def av1C(flags=0x0C, profile=0):
    return box(b"av1C", bytes([0x81, profile << 5 | 4, flags, 0]))


def auxC(name):
    return full(b"auxC", 0, 0, name + b"\0")


def clap(width, height):
    return box(b"clap", struct.pack(">IIIIiIiI", *width, *height, 0, 1, 0, 1))


def irot(quarters):
    return box(b"irot", bytes([quarters]))


ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"
GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"
MDAT, IDAT, WITHIN = 0, 1, 2


def item(kind, data, *properties, where=MDAT, extents=1):
    return kind, data, properties, where, extents


def exif_item(block, **options):
    return item(b"Exif", bytes(4) + block, **options)


def heif(*items, brand=b"heic", compatible=(b"mif1",), primary=1, references=(), meta_last=False, padding=0, long=False):
    """A file of items, which are numbered from 1. `references` are triples of a kind, from where, and to which. What is
    stored within another item begins behind its first four bytes."""
    ftyp = box(b"ftyp", brand, bytes(4), brand, *compatible)
    idat = b"".join(data for _, data, _, where, _ in items if where == IDAT)
    pixels = b"".join(data for _, data, _, where, _ in items if where == MDAT)
    mdat = box(b"mdat", bytes(padding), pixels)
    number = ">I" if long else ">H"

    def entry(number_, kind):
        return full(b"infe", 3 if long else 2, 0, struct.pack(number + "H", number_, 0), kind, b"\0")

    def meta(pixels_at):
        properties, associations = b"", b""
        known = []
        for index, (_, _, mine, _, _) in enumerate(items, 1):
            for one in mine:
                if one not in known:
                    known.append(one)
                    properties += one
            numbers = bytes(known.index(one) + 1 | 0x80 * (one[4:8] not in (b"ispe", b"auxC", b"colr")) for one in mine)
            associations += struct.pack(number, index) + bytes([len(numbers)]) + numbers if numbers else b""
        count = sum(1 for one in items if one[2])
        at = {MDAT: pixels_at, IDAT: 0, WITHIN: 4}
        places = b""
        for index, (_, data, _, where, extents) in enumerate(items, 1):
            places += struct.pack(number + "HHH", index, where, 0, extents)
            step = -(-len(data) // extents)
            for start in range(0, step * extents, step):
                part = data[start:start + step]
                places += struct.pack(">II", at[where], len(part))
                at[where] += len(part)
        to = b"".join(box(kind, struct.pack(number + "H", source, len(targets)),
                          *(struct.pack(number, target) for target in targets)) for kind, source, targets in references)
        return full(
            b"meta", 0, 0,
            full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            full(b"pitm", 1 if long else 0, 0, struct.pack(number, primary)),
            full(b"iinf", 1 if long else 0, 0, struct.pack(number, len(items)),
                 *(entry(index, one[0]) for index, one in enumerate(items, 1))),
            full(b"iref", 1 if long else 0, 0, to) if references else b"",
            box(b"iprp", box(b"ipco", properties),
                full(b"ipma", 1 if long else 0, 0, struct.pack(">I", count), associations)),
            full(b"iloc", 2 if long else 1, 0, b"\x44\x00", struct.pack(number, len(items)), places),
            box(b"idat", idat) if idat else b"",
        )

    before = len(ftyp) + 8 + padding
    if meta_last:
        return ftyp + mdat + meta(before)
    return ftyp + meta(before + len(meta(0))) + mdat


def avif(*items, **options):
    return heif(*items, brand=b"avif", compatible=(b"mif1", b"miaf"), **options)


def track(number, kind, configuration, size=(64, 48), auxiliary=None):
    """A track of pictures, perhaps auxiliary to another one in a way that has a name."""
    unity = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    tkhd = full(b"tkhd", 0, 3, struct.pack(">IIIII", 0, 0, number, 0, 1), bytes(16), unity, struct.pack(">II", *(side << 16 for side in size)))
    boxes = configuration + (full(b"auxi", 0, 0, auxiliary[1] + b"\0") if auxiliary else b"")
    entry = box(kind, bytes(6), b"\0\1", bytes(16), struct.pack(">HH", *size), bytes(14), bytes(32), b"\0\x18\xff\xff", boxes)
    handler = full(b"hdlr", 0, 0, bytes(4), b"auxv" if auxiliary else b"pict", bytes(13))
    stbl = box(b"stbl", full(b"stsd", 0, 0, struct.pack(">I", 1), entry))
    reference = box(b"tref", box(b"auxl", struct.pack(">I", auxiliary[0]))) if auxiliary else b""
    return box(b"trak", tkhd, reference, box(b"mdia", handler, box(b"minf", stbl)))


def moving(brand, *tracks):
    """A sequence without a still beside it."""
    return box(b"ftyp", brand, bytes(4), brand, b"iso8") + box(b"moov", *tracks) + box(b"mdat", PIXELS)


PIXELS = bytes(range(40))
PLAIN = (b"hvc1", PIXELS, (hvcC(), ispe(64, 48)), MDAT, 1)
AV1 = (b"av01", PIXELS, (av1C(), ispe(64, 48)), MDAT, 1)
EXIF = exif_item(camera())


def grid(columns, width, height):
    return struct.pack(">BBBBHH", 0, 0, 0, columns - 1, width, height)


def described(*others, **options):
    """An image, its EXIF, and other items."""
    references = [(b"cdsc", 2, [1]), *options.pop("references", [])]
    return heif(PLAIN, EXIF, *others, references=references, **options)


HEIF = {
    "encoded.heic": lambda: saved(ramp(size=(64, 48)), "HEIF", exif=b"Exif\0\0" + camera(6)),
    "encoded_alpha.heic": lambda: saved(see_through().resize((64, 48)), "HEIF"),
    "encoded_grey.heic": lambda: saved(ramp("L", size=(64, 48)), "HEIF"),
    "exif_in_idat.heic": lambda: heif(PLAIN, exif_item(camera(), where=IDAT), references=[(b"cdsc", 2, [1])]),
    "exif_in_extents.heic": lambda: heif(PLAIN, exif_item(camera(), extents=7), references=[(b"cdsc", 2, [1])]),
    "exif_far.heic": lambda: described(padding=80_000),
    "exif_with_prefix.heic": lambda: heif(PLAIN, item(b"Exif", b"\0\0\0\x06Exif\0\0" + camera()),
                                          references=[(b"cdsc", 2, [1])]),
    "meta_behind_pixels.heic": lambda: described(meta_last=True, padding=3000),
    "long_numbers.heic": lambda: described(long=True),
    "turned.heic": lambda: heif(item(b"hvc1", PIXELS, hvcC(), ispe(64, 48), irot(3)), exif_item(camera(6)),
                                references=[(b"cdsc", 2, [1])]),
    "turned_twice.heic": lambda: heif(item(b"hvc1", PIXELS, hvcC(), ispe(64, 48), irot(2)), exif_item(camera(3)),
                                      references=[(b"cdsc", 2, [1])]),
    "aperture.heic": lambda: heif(item(b"hvc1", PIXELS, hvcC(), ispe(64, 48), clap((61, 2), (31, 1)), irot(1))),
    "grid.heic": lambda: heif(
        item(b"grid", grid(2, 120, 48), ispe(120, 48), where=IDAT), EXIF, PLAIN, PLAIN,
        references=[(b"cdsc", 2, [1]), (b"dimg", 1, [3, 4])]),
    "grid_grey.heic": lambda: heif(
        item(b"grid", grid(2, 120, 48), ispe(120, 48), where=IDAT), *[item(b"hvc1", PIXELS, hvcC(0, 10), ispe(64, 48))] * 2,
        references=[(b"dimg", 1, [2, 3])]),
    "grid_alpha_of_a_tile.heic": lambda: heif(
        item(b"grid", grid(2, 120, 48), ispe(120, 48), where=IDAT), PLAIN, PLAIN,
        item(b"hvc1", PIXELS, hvcC(0), ispe(64, 48), auxC(ALPHA)),
        references=[(b"dimg", 1, [2, 3]), (b"auxl", 4, [2])]),
    "alpha.heic": lambda: described(item(b"hvc1", PIXELS, hvcC(0), ispe(64, 48), auxC(b"urn:mpeg:hevc:2015:auxid:1")),
                                    references=[(b"auxl", 3, [1])]),
    "premultiplied.heic": lambda: described(item(b"hvc1", PIXELS, hvcC(0), ispe(64, 48), auxC(ALPHA)),
                                            references=[(b"auxl", 3, [1]), (b"prem", 1, [3])]),
    "gain_map.heic": lambda: described(item(b"hvc1", PIXELS, hvcC(0), ispe(32, 24), auxC(GAIN_MAP)),
                                       references=[(b"auxl", 3, [1])]),
    "second_is_primary.heic": lambda: heif(
        item(b"hvc1", PIXELS, hvcC(), ispe(32, 24)), PLAIN, exif_item(camera(model=b"Wrong\0")), EXIF,
        primary=2, references=[(b"cdsc", 3, [1]), (b"cdsc", 4, [2])]),
    "grey_12.heic": lambda: heif(item(b"hvc1", PIXELS, hvcC(0, 12), ispe(64, 48))),
    "colours_10.heic": lambda: heif(item(b"hvc1", PIXELS, hvcC(1, 10), ispe(64, 48))),
    "av1.heif": lambda: heif(AV1, EXIF, brand=b"mif1", compatible=(b"avif", b"miaf"), references=[(b"cdsc", 2, [1])]),
    "exif_within_an_item.heic": lambda: heif(
        PLAIN, item(b"Exif", bytes(4) + camera(), where=WITHIN), item(b"blob", b"skip" + bytes(4) + camera()),
        references=[(b"cdsc", 2, [1]), (b"iloc", 2, [3])]),
    "sequence_without_still.heic": lambda: moving(b"msf1", track(1, b"hvc1", hvcC(1, 10))),
    "sequence_alpha.heic": lambda: moving(
        b"hevc", track(1, b"hvc1", hvcC()), track(2, b"hvc1", hvcC(0), auxiliary=(1, b"urn:mpeg:hevc:2015:auxid:1"))),
    "sequence_grey.heic": lambda: moving(b"hevc", track(1, b"hvc1", hvcC(0, 12))),
    "no_primary.heic": lambda: heif(PLAIN, primary=9),
    "no_size.heic": lambda: heif(item(b"hvc1", PIXELS, hvcC())),
}
AVIF = {
    "encoded.avif": lambda: saved(ramp(size=(64, 48)), "AVIF", exif=b"Exif\0\0" + camera()),
    "encoded_grey.avif": lambda: saved(ramp("L", size=(64, 48)), "AVIF"),
    "encoded_alpha.avif": lambda: saved(see_through().resize((64, 48)), "AVIF"),
    "encoded_turned.avif": lambda: saved(ramp(size=(64, 48)), "AVIF", exif=b"Exif\0\0" + camera(6)),
    "sequence.avif": lambda: saved(ramp(size=(64, 48)), "AVIF", save_all=True, append_images=[ramp(size=(64, 48))],
                                   exif=b"Exif\0\0" + camera()),
    "sequence_alpha.avif": lambda: saved(see_through(), "AVIF", save_all=True, append_images=[see_through()]),
    "sequence_grey.avif": lambda: saved(ramp("L"), "AVIF", save_all=True, append_images=[ramp("L")]),
    "turned.avif": lambda: avif(item(b"av01", PIXELS, av1C(), ispe(64, 48), irot(1)), exif_item(camera(8)),
                                references=[(b"cdsc", 2, [1])]),
    "bits_10.avif": lambda: avif(item(b"av01", PIXELS, av1C(0x4C), ispe(64, 48))),
    "bits_12_grey.avif": lambda: avif(item(b"av01", PIXELS, av1C(0x7C, 2), ispe(64, 48))),
    "alpha.avif": lambda: avif(AV1, item(b"av01", PIXELS, av1C(0x1C), ispe(64, 48), auxC(ALPHA)),
                               references=[(b"auxl", 2, [1])]),
    "grid.avif": lambda: avif(item(b"grid", grid(2, 128, 64), ispe(128, 64), where=IDAT),
                              *[item(b"av01", PIXELS, av1C(), ispe(64, 64))] * 2, references=[(b"dimg", 1, [2, 3])]),
    "grid_alpha.avif": lambda: avif(
        item(b"grid", grid(2, 128, 64), ispe(128, 64), where=IDAT), *[item(b"av01", PIXELS, av1C(), ispe(64, 64))] * 2,
        *[item(b"av01", PIXELS, av1C(0x1C), ispe(64, 64), auxC(ALPHA))] * 2,
        references=[(b"dimg", 1, [2, 3]), (b"auxl", 4, [2]), (b"auxl", 5, [3])]),
    "meta_behind_pixels.avif": lambda: avif(AV1, EXIF, references=[(b"cdsc", 2, [1])], meta_last=True),
    "not_av1.avif": lambda: avif(PLAIN),
}


def jp2(*boxes, head=None, mode="RGB", tail=b""):
    """A file of Pillow's with boxes put behind its header, another header, and boxes put behind its pixels."""
    whole = saved(ramp(mode) if mode in ("L", "RGB") else mode, "JPEG2000")
    at = whole.index(b"jp2h") - 4
    end = at + struct.unpack(">I", whole[at:at + 4])[0]
    return whole[:at] + (head or whole[at:end]) + b"".join(boxes) + whole[end:] + tail


def moved(codestream, left, top):
    """The image begins right of and below the origin of its grid."""
    right, bottom = struct.unpack(">II", codestream[8:16])
    return codestream[:8] + struct.pack(">IIII", right + left, bottom + top, left, top) + codestream[24:]


def uuid(block):
    return box(b"uuid", b"JpgTiffExif->JP2", block)


def jp2h(components, depth, *boxes):
    ihdr = box(b"ihdr", struct.pack(">IIHBBBB", 5, 7, components, depth, 7, 0, 0))
    return box(b"jp2h", ihdr, *boxes)


def colr(number):
    return box(b"colr", struct.pack(">BBBI", 1, 0, 0, number))


PALETTE = box(b"pclr", struct.pack(">HB", 2, 3), b"\x07\x07\x07", bytes(6))
JP2 = {
    "colours.jp2": lambda: jp2(),
    "grey.jp2": lambda: jp2(mode="L"),
    "alpha.jp2": lambda: jp2(mode=see_through()),
    "grey_alpha.jp2": lambda: jp2(mode=ramp("L").convert("LA")),
    "bits_16.jp2": lambda: jp2(mode=Image.new("I;16", (7, 5), 40_000)),
    "bits_16.j2k": lambda: saved(Image.new("I;16", (7, 5), 40_000), "JPEG2000", no_jp2=True),
    "colours.j2k": lambda: saved(ramp(), "JPEG2000", no_jp2=True),
    "offset.j2k": lambda: moved(saved(ramp(), "JPEG2000", no_jp2=True), 3, 2),
    "cmyk.jp2": lambda: jp2(head=jp2h(4, 7, colr(12))),
    "palette.jp2": lambda: jp2(head=jp2h(1, 7, colr(16), PALETTE), mode="L"),
    "palette_alpha.jp2": lambda: jp2(head=jp2h(2, 7, colr(16), PALETTE), mode=ramp("L").convert("LA")),
    "palette_of_greys.jp2": lambda: jp2(head=jp2h(1, 7, colr(17), PALETTE), mode="L"),
    "five_components.jp2": lambda: jp2(head=jp2h(5, 7, colr(16))),
    "exif_before_pixels.jp2": lambda: jp2(uuid(camera(6))),
    "exif_behind_pixels.jp2": lambda: jp2(tail=uuid(b"Exif\0\0" + camera())),
}


def bits(*fields):
    """Bytes of values and how many bits each has, the lowest first."""
    number, length = 0, 0
    for value, count in fields:
        number |= value << length
        length += count
    return number.to_bytes(length // 8 + 1, "little")


def jxl(*fields):
    """The head of a codestream of 200 x 130 pixels, and what stands for its pixels."""
    return b"\xff\x0a" + bits((0, 1), (0, 2), (129, 9), (0, 3), (0, 2), (199, 9), *fields) + bytes(20)


def stored(data):
    """Brotli's form of what is not compressed."""
    return bits((0, 1), (0, 1), (0, 2), (len(data) - 1, 16), (1, 1))[:3] + data + b"\x03"


def jxl_file(*boxes):
    return b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl ", bytes(4), b"jxl ") + b"".join(boxes)


DEFAULT, NO_EXTRA, EIGHT = (1, 1), (0, 1), [(0, 1), (0, 2), (1, 1)]
GREY = [(0, 1), (0, 1), (0, 1), (1, 2)]
COLOURS = [(1, 1), (1, 1)]
TURNED = [(0, 1), (1, 1), (5, 3), (0, 1), (0, 1), (0, 1)]
ONE_ALPHA = [(1, 2), (1, 1)]
SIXTEEN = [(0, 1), (3, 2), (15, 6), (1, 1)]
FLOAT = [(1, 1), (0, 2), (7, 4), (0, 1)]
PACKET = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="Bonn"/></rdf:RDF></x:xmpmeta>"""
JXL = {
    "colours.jxl": lambda: jxl(DEFAULT),
    "grey.jxl": lambda: jxl((0, 1), NO_EXTRA, *EIGHT, (0, 2), *GREY),
    "grey_16.jxl": lambda: jxl((0, 1), NO_EXTRA, *SIXTEEN, (0, 2), *GREY),
    "grey_float.jxl": lambda: jxl((0, 1), NO_EXTRA, *FLOAT, (0, 2), *GREY),
    "grey_alpha.jxl": lambda: jxl((0, 1), NO_EXTRA, *EIGHT, *ONE_ALPHA, *GREY),
    "alpha.jxl": lambda: jxl((0, 1), NO_EXTRA, *EIGHT, *ONE_ALPHA, *COLOURS),
    "turned.jxl": lambda: jxl_file(box(b"jxlc", jxl(*TURNED, *EIGHT, (0, 2), *COLOURS)),
                                   box(b"Exif", bytes(4), camera(6))),
    "exif_before.jxl": lambda: jxl_file(box(b"Exif", bytes(4), camera()), box(b"jxlc", jxl(DEFAULT))),
    "exif_behind.jxl": lambda: jxl_file(box(b"jxlc", jxl(DEFAULT)), box(b"xml ", b"<x/>"),
                                        box(b"brob", b"Exif", stored(bytes(4) + camera()))),
    "xmp_packed.jxl": lambda: jxl_file(box(b"jxlc", jxl(DEFAULT)), box(b"Exif", bytes(4), camera()),
                                       box(b"brob", b"xml ", stored(PACKET))),
    "xmp_behind.jxl": lambda: jxl_file(box(b"Exif", bytes(4), camera()), box(b"jxlc", jxl(DEFAULT)), box(b"xml ", PACKET)),
    "in_parts.jxl": lambda: jxl_file(box(b"jxlp", bytes(4), jxl(DEFAULT)[:4]), box(b"Exif", bytes(4), camera()),
                                     box(b"jxlp", b"\x80\0\0\x01", jxl(DEFAULT)[4:])),
}

SENSOR = [(0x100, LONG, [640]), (0x101, LONG, [480]), (0x102, SHORT, [14]), (0x106, SHORT, [32803]), (0x103, SHORT, [1])]


def raw(make, *entries, **options):
    """A raw file whose first directory describes what the sensor saw, or no picture that Pillow reads."""
    return tiff((0x10F, ASCII, make), (0x110, ASCII, b"Box 1\0"), (0x112, SHORT, [8]), *entries, **options)


def cr3():
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    zeroth = tiff((0x100, SHORT, [640]), (0x101, SHORT, [480]), (0x10F, ASCII, b"Example\0"), (0x110, ASCII, b"Box 1\0"),
                  (0x112, SHORT, [6]))
    exif = tiff((0x829A, RATIONAL, [(1, 125)]), (0x9003, ASCII, b"2024:05:01 12:30:00\0"))
    gps = tiff((1, ASCII, b"S\0"), (2, RATIONAL, [(50, 1), (30, 1), (0, 1)]), (3, ASCII, b"W\0"),
               (4, RATIONAL, [(8, 1), (15, 1), (0, 1)]))
    tags = box(b"uuid", canon, box(b"CNCV", b"CanonCR3_001/00.09.00/00.00.00"), box(b"CMT1", zeroth), box(b"CMT2", exif),
               box(b"CMT3", tiff((1, SHORT, [0]))), box(b"CMT4", gps))
    return box(b"ftyp", b"crx ", b"\0\0\0\x01", b"crx isom") + box(b"moov", tags) + box(b"mdat", PIXELS)


def raf():
    preview = saved(ramp(size=(16, 12)), "JPEG", exif=b"Exif\0\0" + camera())
    sizes = struct.pack(">IHHHHHHHH", 2, 0x100, 4, 500, 700, 0x111, 4, 480, 640)
    at = 160 + len(preview)
    head = b"FUJIFILMCCD-RAW 0201FF389501Box 1".ljust(84, b"\0")
    head += struct.pack(">IIIIII", 160, len(preview), at, len(sizes), at + len(sizes), len(PIXELS))
    return head.ljust(160, b"\0") + preview + sizes + PIXELS


RAW = {
    "sensor_first.dng": lambda: raw(b"Example\0", *SENSOR, (0xC612, BYTE, [1, 4, 0, 0])),
    "preview_first.dng": lambda: raw(
        b"Example\0", (0x100, LONG, [64]), (0x101, LONG, [48]), (0x102, SHORT, [8, 8, 8]), (0x106, SHORT, [2]),
        (0x115, SHORT, [3]), (0x103, SHORT, [1]), (0x111, LONG, [8]), (0x117, LONG, [0]), (0xC612, BYTE, [1, 4, 0, 0]),
        below=[(0x14A, SENSOR)]),
    "linear.dng": lambda: raw(
        b"Example\0", (0x100, LONG, [640]), (0x101, LONG, [480]), (0x102, SHORT, [16, 16, 16]), (0x106, SHORT, [34892]),
        (0x115, SHORT, [3]), (0xC612, BYTE, [1, 4, 0, 0])),
    "sensor_first.cr2": lambda: raw(b"Canon\0", *SENSOR, mark=b"CR\2\0\0\0\0\0"),
    "sensor_below.nef": lambda: raw(b"NIKON CORPORATION\0", below=[(0x14A, SENSOR)], order=">"),
    "sensor_below.arw": lambda: raw(b"SONY\0", below=[(0x14A, SENSOR)]),
    "sensor_first.pef": lambda: raw(b"PENTAX Corporation\0", *SENSOR, order=">"),
    "made.orf": lambda: raw(b"OLYMPUS CORPORATION\0", *SENSOR, magic=0x4F52),
    "made.rw2": lambda: raw(
        b"Panasonic\0", (2, SHORT, [660]), (3, SHORT, [490]), (4, SHORT, [4]), (5, SHORT, [8]), (6, SHORT, [484]),
        (7, SHORT, [648]), magic=0x55),
    "made.cr3": cr3,
    "made.raf": raf,
}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(before=b"", behind=b""):
    whole = saved(ramp(), "PNG")
    return whole[:33] + before + whole[33:-12] + behind + whole[-12:]


def profile(name, block):
    digits = block.hex()
    lines = "\n".join(digits[at:at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(block):8}\n{lines}\n".encode()


KEYWORD = b"Raw profile type "
PREFIXED = b"Exif\0\0" + camera()
PNG = {
    "profile_ztxt.png": lambda: png(chunk(b"zTXt", KEYWORD + b"exif\0\0" + zlib.compress(profile("exif", PREFIXED)))),
    "profile_app1.png": lambda: png(chunk(b"zTXt", KEYWORD + b"APP1\0\0" + zlib.compress(profile("generic profile", PREFIXED)))),
    "profile_text.png": lambda: png(chunk(b"tEXt", KEYWORD + b"exif\0" + profile("exif", PREFIXED))),
    "profile_itxt.png": lambda: png(
        chunk(b"iTXt", KEYWORD + b"exif\0\1\0\0\0" + zlib.compress(profile("exif", PREFIXED)))),
    "profile_behind_pixels.png": lambda: png(
        behind=chunk(b"zTXt", KEYWORD + b"exif\0\0" + zlib.compress(profile("exif", PREFIXED)))),
    "profile_and_chunk.png": lambda: png(
        chunk(b"zTXt", KEYWORD + b"exif\0\0" + zlib.compress(profile("exif", b"Exif\0\0" + camera(model=b"Wrong\0"))))
        + chunk(b"eXIf", camera())),
    "profile_of_xmp.png": lambda: png(
        chunk(b"zTXt", KEYWORD + b"APP1\0\0" + zlib.compress(profile("APP1", b"http://ns.adobe.com/xap/1.0/\0<x/>")))),
}
FILES = {**HEIF, **AVIF, **JP2, **JXL, **RAW, **PNG}

if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (OUT / name).write_bytes(make())
