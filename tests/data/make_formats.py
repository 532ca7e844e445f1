#!/usr/bin/env python3
"""Writes into `images/made/` one small file for each way in which the raster and older formats can be told: modes,
byte orders, headers, and what Pillow refuses. Needs Pillow 13. What is expected of them is in `made_formats.jsonl`.

tests/data/make_formats.py [OUT]
"""
import io
import struct
import sys
import warnings
from pathlib import Path

from PIL import Image

warnings.simplefilter("ignore")
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "images/made")


def saved(mode, kind, size=(7, 5), **options):
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **options)
    return out.getvalue()


def le(form, *values):
    return struct.pack("<" + form, *values)


def be(form, *values):
    return struct.pack(">" + form, *values)


# Bitmaps of Windows


def dib(bits, size=(7, 5), header=40, compression=0, masks=b"", colours=0, palette=None, pixels=None):
    """A bitmap without a file header; `masks` follow a short header or are within a long one."""
    if header == 12:
        info = le("IHHHH", 12, *size, 1, bits)
    else:
        info = le("IiiHHIIiiII", header, *size, 1, bits, compression, 0, 2835, 2835, colours, 0)
        info += masks.ljust(header - 40, b"\0") if header > 40 else masks
    if palette is None:
        palette = bytes((3 if header == 12 else 4) << bits) if bits <= 8 else b""
    if pixels is None:
        pixels = bytes((size[0] * bits + 31) // 32 * 4 * abs(size[1]))
    return info + palette + pixels


def bmp(*args, **options):
    image = dib(*args, **options)
    return b"BM" + le("IHHI", 14 + len(image), 0, 0, 0) + image


def masks(*values):
    return le(f"{len(values)}I", *values)


def colours(values, entry=4):
    return b"".join(bytes(value) + bytes(entry - 3) for value in values)


GREY_256 = colours([(n, n, n) for n in range(256)])
BLACK_WHITE = colours([(0, 0, 0), (255, 255, 255)])


def directory(kind, icons, entries=None):
    """ICO (1) or CUR (2): icons as (width, height, colours, bits, bytes)."""
    start = 6 + 16 * len(icons)
    head, body = le("HHH", 0, kind, len(icons) if entries is None else entries), b""
    for width, height, count, bits, data in icons:
        head += le("BBBBHHII", width % 256, height % 256, count, 0, 1, bits, len(data), start + len(body))
        body += data
    return head + body


def icon(bits, size=(16, 16), **options):
    mask = bytes((size[0] + 31) // 32 * 4 * size[1])
    rows = bytes((size[0] * bits + 31) // 32 * 4 * size[1])
    return dib(bits, (size[0], 2 * size[1]), pixels=rows, **options) + mask


def png(mode, size=(16, 16)):
    return saved(mode, "PNG", size)


# Others


def psd(mode, bits, channels, size=(7, 5), resources=b"", version=1, rest=None):
    head = b"8BPS" + be("H6xHIIHH", version, channels, size[1], size[0], bits, mode)
    palette = bytes(768) if mode == 2 else b""
    body = be("I", len(palette)) + palette + be("I", len(resources)) + resources + be("I", 0)
    return head + body + (be("H", 0) + bytes(channels * size[0] * size[1]) if rest is None else rest)


def resource(number, data, name=b""):
    padded = bytes([len(name)]) + name
    padded += bytes(len(padded) % 2)
    return b"8BIM" + be("H", number) + padded + be("I", len(data)) + data + bytes(len(data) % 2)


EXIF = b"II*\0" + le("IH", 8, 2) + le("HHIHxx", 0x112, 3, 1, 6) + le("HHII", 0x10F, 2, 4, 0x00434241) + le("I", 0)


def tga(kind, bits, mapped=0, map_bits=24, size=(7, 5), flags=0x20, name=b"", colours=4):
    head = le("BBBHHBHHHHBB", len(name), mapped, kind, 0, colours if mapped else 0, map_bits if mapped else 0, 0, 0, *size,
              bits, flags)
    return head + name + bytes(colours * map_bits // 8 if mapped else 0) + bytes(size[0] * size[1] * 4)


def pcx(version, bits, planes, box=(0, 0, 6, 4), palette=b"", data=900):
    head = le("BBBB4HHH", 10, version, 1, bits, *box, 72, 72) + bytes(range(48))
    head += le("BBHHHH", 0, planes, 8, 1, 0, 0)
    return head.ljust(128, b"\0") + bytes(data) + palette


def pcx_palette(values):
    return b"\x0c" + b"".join(bytes(value) for value in values)


GREYS = pcx_palette([(n, n, n) for n in range(256)])
REDS = pcx_palette([(n, 0, 0) for n in range(256)])


def dcx(*pictures):
    start = 4 + 4 * (len(pictures) + 1)
    offsets, body = b"", b""
    for picture in pictures:
        offsets += le("I", start + len(body))
        body += picture
    return le("I", 0x3ADE68B1) + offsets + le("I", 0) + body


def qoi(channels, size=(7, 5)):
    return b"qoif" + be("IIBB", *size, channels, 0) + b"\xc0" * 40 + b"\0" * 7 + b"\1"


def sgi(depth, dimensions, channels, size=(7, 5), compression=0):
    head = be("HBBHHHH", 474, compression, depth, dimensions, *size, channels)
    return head.ljust(512, b"\0") + bytes(size[0] * size[1] * channels * depth)


def dds(flags, bits=0, code=b"\0\0\0\0", dxgi=None, size=(8, 4), header=124):
    head = b"DDS " + le("7I44x", header, 0x1007, size[1], size[0], 0, 0, 0)
    head += le("II4sI4I", 32, flags, code, bits, 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = head.ljust(128, b"\0")
    return head + (le("5I", dxgi, 3, 0, 1, 0) if dxgi is not None else b"") + bytes(1200 if flags == 0x20 else 128)


def icns(*blocks, length=None):
    body = b"".join(kind + be("I", 8 + len(data)) + data for kind, data in blocks)
    return b"icns" + be("I", 8 + len(body) if length is None else length) + body


def blp(version, alpha, size=(8, 4)):
    if version == 1:
        return b"BLP1" + le("iIIIii", 1, alpha, *size, 5, 0) + bytes(1200)
    return b"BLP2" + le("ibbbbII", 1, 1, alpha, 0, 0, *size) + bytes(1200)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 10 20 110 70\n%%EndComments\n\n"


def eps(text, end=b"showpage\n%%EOF\n"):
    return b"%!PS-Adobe-3.0 EPSF-3.0\n" + text + end


def dos_eps(text):
    return b"\xc5\xd0\xd3\xc6" + le("II", 32, len(text)) + bytes(20) + text


def fits(*cards, data=2880):
    text = b"".join(card.encode().ljust(80) for card in (*cards, "END"))
    return text.ljust((len(text) + 2879) // 2880 * 2880) + bytes(data)


def fits_of(bits, *axes, first="SIMPLE  =                    T / standard"):
    sizes = [f"NAXIS{n}  = {axis:20}" for n, axis in enumerate(axes, 1)]
    return fits(first, f"BITPIX  = {bits:20}", f"NAXIS   = {len(axes):20}", *sizes, data=80)


def fli(magic=0xAF12, size=(7, 5), frames=(), flags=3):
    head = le("IHHHHHHI", 128, magic, 1, *size, 8, flags, 70).ljust(128, b"\0")
    return head + (b"".join(frames) or le("IHH8x", 16, 0xF1FA, 0))


def fli_frame(*chunks):
    body = b"".join(le("IH", 6 + len(data), kind) + data for kind, data in chunks)
    return le("IHH8x", 16 + len(body), 0xF1FA, len(chunks)) + body


def fli_colours(values):
    return le("HBB", 1, 0, len(values) // 3) + bytes(values)


def ftex(kind, size=(8, 4), formats=1):
    return b"FTEX" + le("7i", 1, *size, 1, formats, kind, 32) + le("i", 32) + bytes(96)


def gbr(version, depth, size=(7, 5), magic=b"GIMP"):
    head = be("4I", version, *size, depth) + (magic + be("I", 10) if version == 2 else b"") + b"brush\0"
    return be("I", 4 + len(head)) + head + bytes(140)


def im(*lines, palette=b"", end=b"\r\n"):
    text = b"".join(line.encode() + end for line in lines)
    return text.ljust(511, b"\0") + b"\x1a" + palette + bytes(140)


def im_of(kind, *lines):
    return im(f"Image type: {kind} image", "Name: made", "Image size (x*y): 7*5", "File size (no of images): 1", *lines)


def imt(*lines):
    return b"".join(line.encode() + b"\n" for line in lines) + b"\x0c" + bytes(35)


def dataset(record, number, data, head=None):
    """One of IPTC's; its length has two bytes, but where its head says otherwise."""
    return bytes([0x1C, record, number]) + (be("H", len(data)) if head is None else head) + data


def iptc(form=b"\1\0", width=7, height=5, compression=1, more=b"", pixels=dataset(8, 10, bytes(35))):
    """A datastream with pixels; what is `None` is left out."""
    fields = [(60, form), (20, width and be("H", width)), (30, height and be("I", height)),
              (120, compression and be("B", compression))]
    described = b"".join(dataset(3, number, data) for number, data in fields if data is not None)
    return dataset(2, 0, b"\0\2") + dataset(2, 5, b"A picture") + described + more + pixels


def mpeg(width=352, height=288):
    return b"\0\0\1\xb3" + (width << 12 | height).to_bytes(3, "big") + b"\x13\xff\xff\xe0\x18" + bytes(8)


def mcidas(depth, size=(7, 5)):
    words = [0, 4] + [0] * 62
    words[8], words[9], words[10], words[13], words[33] = size[1], size[0], depth, 1, 256
    return be("64i", *words) + bytes(140)


def msp(magic=b"DanM", size=(7, 5), wrong=0):
    words = [*struct.unpack("<HH", magic), *size, 1, 1, 1, 1, *size, 0, 0]
    total = 0
    for word in words:
        total ^= word
    return le("12H", *words) + le("HHHH", total ^ wrong, 0, 0, 0) + bytes(10)


def pcd(turn):
    return b"\xff" * 2048 + b"PCD_IPI" + bytes(1531) + bytes([turn]) + bytes(13)


def pixar(kind=14, depth=2, size=(7, 5)):
    head = b"\x80\xe8\0\0".ljust(416, b"\0") + le("HH", size[1], size[0]) + le("HHHH", 0, 0, kind, depth)
    return head.ljust(1024, b"\0") + bytes(105)


def spider(order=">", form=1.0, size=(7, 5), stack=0.0, number=0.0, extra=0.0):
    values = [0.0] * 27
    values[0], values[1], values[4], values[11] = 1.0, float(size[1]), form, float(size[0])
    values[12], values[21], values[22] = 37.0, 37.0 * 28.0 + extra, 28.0
    values[23], values[25], values[26] = stack, 2.0, number
    return struct.pack(order + "27f", *values).ljust(1036, b"\0") + bytes(140)


def sun(bits, kind=1, palette=b"", palette_kind=None, size=(7, 5)):
    palette_kind = (1 if palette else 0) if palette_kind is None else palette_kind
    return be("8I", 0x59A66A95, *size, bits, 140, kind, palette_kind, len(palette)) + palette + bytes(160)


def wmf(box=(0, 0, 1440, 720), inch=1440, end=b"\1\0\t\0"):
    return b"\xd7\xcd\xc6\x9a\0\0" + le("hhhhH", *box, inch) + bytes(6) + end + bytes(14)


def emf(box=(0, 0, 99, 49), frame=(0, 0, 2600, 1300), magic=b" EMF"):
    return le("II4i4i", 1, 108, *box, *frame) + magic + bytes(64)


def xbm(before="", width=7, height=5, end="static char im_bits[] = {\n0x00, 0x00 };\n", after=""):
    text = f"{before}#define im_width {width}\n#define im_height {height}\n{after}{end}"
    return text.encode()


def xpm(count=2, hole=False, letters=2, colour=" c #ff00ff", size=(2, 1)):
    lines = ["/* XPM */", "static char * made[] = {", f'"{size[0]} {size[1]} {count} {letters}",']
    for n in range(count):
        lines.append(f'"{n:0{letters}x}{" c None" if hole and n == 0 else colour}",')
    return ("\n".join([*lines, '"' + "0" * size[0] * letters + '"', "};"]) + "\n").encode()


def exr(channels, window=(0, 0, 6, 4), display=(0, 0, 6, 4), flags=2):
    def attribute(name, kind, value):
        return name + b"\0" + kind + b"\0" + le("I", len(value)) + value
    listed = b"".join(name + b"\0" + le("IB3xII", 1, 0, 1, 1) for name in channels) + b"\0"
    head = b"".join([
        attribute(b"channels", b"chlist", listed),
        attribute(b"compression", b"compression", b"\0"),
        attribute(b"dataWindow", b"box2i", le("4i", *window)),
        attribute(b"displayWindow", b"box2i", le("4i", *display)),
        attribute(b"lineOrder", b"lineOrder", b"\0"),
        attribute(b"pixelAspectRatio", b"float", le("f", 1)),
        attribute(b"screenWindowCenter", b"v2f", le("ff", 0, 0)),
        attribute(b"screenWindowWidth", b"float", le("f", 1)),
    ])
    return b"\x76\x2f\x31\x01" + le("I", flags) + head + b"\0" + bytes(200)


def hdr(resolution="-Y 5 +X 7", magic="#?RADIANCE", lines=("FORMAT=32-bit_rle_rgbe",)):
    return ("\n".join([magic, *lines, "", resolution]) + "\n").encode() + bytes(140)


def farbfeld(size=(7, 5)):
    return b"farbfeld" + be("II", *size) + bytes(size[0] * size[1] * 8)


def svg(attributes, before='<?xml version="1.0" encoding="UTF-8"?>\n', name="svg", inside='<rect width="4" height="3"/>'):
    return f'{before}<{name} xmlns="http://www.w3.org/2000/svg" {attributes}>{inside}</{name}>\n'.encode()


def tiff(order, photometric, bits, extra=(), form=1, fill=1, compression=1, planes=1, strips=1, magic=None, big=False,
         without=(), more=(), size=(7, 5)):
    """A TIFF of one directory; `more` are (tag, type, numbers), where types are 1, 3 and 4."""
    sign = "<" if order == "II" else ">"
    letters = {1: "B", 3: "H", 4: "I"}
    tags = {0x100: (3, size[:1]), 0x101: (3, size[1:]), 0x102: (3, bits), 0x103: (3, (compression,)),
            0x106: (3, (photometric,)), 0x10A: (3, (fill,)), 0x111: (4, (8,) * strips), 0x115: (3, (len(bits),)),
            0x116: (3, size[1:]), 0x117: (4, (4,) * strips), 0x11C: (3, (planes,)), 0x153: (3, (form,) * len(bits))}
    if photometric == 3:
        tags[0x140] = (3, (0,) * (3 << bits[0]))
    if extra:
        tags[0x152] = (3, extra)
    tags |= {tag: (kind, values) for tag, kind, values in more}
    rows = sorted((tag, *value) for tag, value in tags.items() if tag not in without)
    head = struct.pack(sign + "HHHQ", 43, 8, 0, 16) if big else struct.pack(sign + "HI", 42, 8)
    entry, field, inline = (20, "Q", 8) if big else (12, "I", 4)
    at = 2 + len(head) + (8 if big else 2) + entry * len(rows) + inline
    listed, data = struct.pack(sign + ("Q" if big else "H"), len(rows)), b""
    for tag, kind, values in rows:
        value = struct.pack(f"{sign}{len(values)}{letters[kind]}", *values)
        if len(value) > inline:
            value, data = struct.pack(sign + field, at + len(data)), data + value
        listed += struct.pack(sign + "HH" + field, tag, kind, len(values)) + value.ljust(inline, b"\0")
    return (magic or order.encode()) + head[len(magic or "II") - 2:] + listed + bytes(inline) + data


EIGHT, SIXTEEN = (8,) * 6, (16,) * 6
FILES = {
    # TIFF: what the hand-made files of the corpus lack
    "grey_12.tif": lambda: tiff("II", 1, (12,)),
    "bad_grey_12_big_endian.tif": lambda: tiff("MM", 1, (12,)),
    "white_is_zero_16.tif": lambda: tiff("II", 0, (16,)),
    "bad_white_is_zero_16.tif": lambda: tiff("MM", 0, (16,)),
    "signed_8.tif": lambda: tiff("MM", 1, (8,), form=2),
    "signed_16.tif": lambda: tiff("MM", 1, (16,), form=2),
    "unsigned_32.tif": lambda: tiff("II", 1, (32,)),
    "bad_unsigned_32_big_endian.tif": lambda: tiff("MM", 1, (32,)),
    "white_is_zero_float.tif": lambda: tiff("MM", 0, (32,), form=3),
    "fill_order_2.tif": lambda: tiff("II", 1, (16,), fill=2),
    "fill_order_2_colour.tif": lambda: tiff("MM", 2, EIGHT[:3], fill=2),
    "bad_fill_order_2_alpha.tif": lambda: tiff("II", 2, EIGHT[:4], (2,), fill=2),
    "grey_unspecified.tif": lambda: tiff("II", 1, EIGHT[:2], (0,)),
    "grey_associated.tif": lambda: tiff("MM", 1, EIGHT[:2], (1,)),
    "bad_grey_without_kind.tif": lambda: tiff("II", 1, EIGHT[:2]),
    "five_samples.tif": lambda: tiff("II", 2, EIGHT[:5], (1, 0)),
    "six_samples.tif": lambda: tiff("MM", 2, EIGHT, (0, 0, 0)),
    "bad_seven_samples.tif": lambda: tiff("MM", 2, (8,) * 7, (0, 0, 0, 0)),
    "corel_alpha.tif": lambda: tiff("II", 2, EIGHT[:4], (999,)),
    "alpha_16.tif": lambda: tiff("MM", 2, SIXTEEN[:4], (2,)),
    "unspecified_16.tif": lambda: tiff("II", 2, SIXTEEN[:4], (0,)),
    "bad_five_samples_16.tif": lambda: tiff("II", 2, SIXTEEN[:5], (2, 0)),
    "palette_1.tif": lambda: tiff("II", 3, (1,)),
    "palette_unspecified.tif": lambda: tiff("II", 3, (8, 8), (0,), compression=5),
    "bad_no_palette.tif": lambda: tiff("II", 3, (8,), without=[0x140]),
    "cmyk_unspecified.tif": lambda: tiff("MM", 5, EIGHT[:5], (0,)),
    "cmyk_16.tif": lambda: tiff("II", 5, SIXTEEN[:4]),
    "ycbcr_grey.tif": lambda: tiff("II", 6, (8,)),
    "ycbcr_grey_deflated.tif": lambda: tiff("II", 6, (8,), compression=8),
    "old_jpeg.tif": lambda: tiff("MM", 2, EIGHT[:3], compression=6),
    "bits_of_one.tif": lambda: tiff("II", 2, (8,), more=[(0x115, 3, (3,))]),
    "bad_bits_of_two.tif": lambda: tiff("II", 2, (8, 8), more=[(0x115, 3, (3,))]),
    "bits_of_five.tif": lambda: tiff("II", 2, EIGHT[:5], more=[(0x115, 3, (3,)), (0x153, 3, (1,))]),
    "planes_with_unspecified.tif": lambda: tiff("II", 2, EIGHT[:4], (0,), planes=2, strips=3),
    "bad_planes_too_many.tif": lambda: tiff("II", 2, EIGHT[:4], (0,), planes=2, strips=4),
    "planes_16.tif": lambda: tiff("II", 2, SIXTEEN[:4], (0,), planes=2, strips=4),
    "tiles.tif": lambda: tiff("II", 1, (8,), without=[0x111, 0x116, 0x117],
                              more=[(0x142, 3, (16,)), (0x143, 3, (16,)), (0x144, 4, (8,))]),
    "bad_tiles_without_size.tif": lambda: tiff("II", 1, (8,), without=[0x111, 0x116, 0x117], more=[(0x144, 4, (8,))]),
    "bad_no_strips.tif": lambda: tiff("II", 1, (8,), without=[0x111]),
    "no_strips_compressed.tif": lambda: tiff("II", 1, (8,), without=[0x111], compression=8),
    "bad_compression.tif": lambda: tiff("II", 1, (8,), compression=34712),
    "bad_windows_media.tif": lambda: tiff("II", 1, (8,), more=[(0xBC01, 1, (1,))]),
    "bad_byte_width.tif": lambda: tiff("II", 1, (8,), more=[(0x100, 1, (7,))]),
    "two_orientations.tif": lambda: tiff("II", 1, (8,), more=[(0x112, 3, (6, 1))]),
    "byte_orientation.tif": lambda: tiff("II", 1, (8,), more=[(0x112, 1, (6,))]),
    "two_photometrics.tif": lambda: tiff("II", 1, (1,), more=[(0x106, 3, (3, 3))]),
    "swapped_magic.tif": lambda: tiff("MM", 1, (16,), magic=b"MM*\0"),
    "swapped_magic_little.tif": lambda: tiff("II", 1, (16,), magic=b"II\0*"),
    "big.tif": lambda: tiff("II", 2, EIGHT[:3], big=True),
    # PPM and its kin
    "plain.pbm": lambda: b"P1\n# a comment\n7 5\n" + b"0101010\n" * 5,
    "binary.pbm": lambda: b"P4 7 5\n" + bytes(5),
    "plain.pgm": lambda: b"P2\n7 5\n15\n" + b"0 1 2 3 4 5 6\n" * 5,
    "binary.pgm": lambda: b"P5\r\n7 5\r\n255\n" + bytes(35),
    "deep.pgm": lambda: b"P5 7 5 65535\n" + bytes(70),
    "deep_12.pgm": lambda: b"P5 7 5 4095\n" + bytes(70),
    "plain.ppm": lambda: b"P3 7 5 255\n" + b"1 2 3\n" * 35,
    "binary.ppm": lambda: b"P6\n7 # width\n5 # height\n255\n" + bytes(105),
    "comment_in_number.ppm": lambda: b"P6 1#x\n2 5 255\n" + bytes(180),
    "float_little.pfm": lambda: b"Pf\n7 5\n-1.0\n" + bytes(140),
    "float_big.pfm": lambda: b"Pf\n7 5\n2.5e1\n" + bytes(140),
    "cmyk.pnm": lambda: b"P0CMYK\n7 5\n255\n" + bytes(140),
    "palette.pnm": lambda: b"PyP\n7 5\n255\n" + bytes(35),
    "rgba.pnm": lambda: b"PyRGBA\n7 5\n255\n" + bytes(140),
    "bad_maxval.ppm": lambda: b"P6 7 5 65536\n" + bytes(210),
    "bad_scale.pfm": lambda: b"Pf 7 5 0.0\n" + bytes(140),
    "bad_colour.pfm": lambda: b"PF 7 5 1.0\n" + bytes(420),
    "bad_word.ppm": lambda: b"P6 seven 5 255\n" + bytes(105),
    "bad_long_number.ppm": lambda: b"P6 00000000007 5 255\n" + bytes(105),
    "bad_no_maxval.ppm": lambda: b"P6 7 5",
    "bad_arbitrary.pam": lambda: b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n" + bytes(35),
    # Icons
    "one_bit.ico": lambda: directory(1, [(16, 16, 2, 1, icon(1))]),
    "sixteen_colours.ico": lambda: directory(1, [(16, 16, 16, 0, icon(4))]),
    "with_alpha.ico": lambda: directory(1, [(16, 16, 0, 32, icon(32))]),
    "largest_of_three.ico": lambda: directory(1, [(16, 16, 0, 32, icon(32)), (24, 24, 0, 8, icon(8, (24, 24))),
                                                  (24, 24, 0, 4, icon(4, (24, 20)))]),
    "png_grey.ico": lambda: directory(1, [(16, 16, 0, 8, icon(8)), (32, 32, 0, 32, png("L", (30, 31)))]),
    "png_with_alpha.ico": lambda: directory(1, [(0, 0, 0, 32, png("RGBA", (256, 256)))]),
    "png_palette.ico": lambda: directory(1, [(16, 16, 0, 32, png("P"))]),
    "bad_cut.ico": lambda: directory(1, [(16, 16, 0, 32, icon(32))])[:600],
    "bad_mask_cut.ico": lambda: directory(1, [(16, 16, 0, 24, icon(24))])[:-10],
    "bad_png_cut.ico": lambda: directory(1, [(16, 16, 0, 32, png("RGB"))])[:-30],
    "bad_bits.ico": lambda: directory(1, [(16, 16, 0, 2, icon(2, palette=b""))]),
    "one_bit.cur": lambda: directory(2, [(16, 16, 2, 0, icon(1, palette=BLACK_WHITE))]),
    "palette.cur": lambda: directory(2, [(16, 16, 16, 0, icon(4))]),
    "grey.cur": lambda: directory(2, [(16, 16, 0, 0, icon(8, palette=GREY_256))]),
    "bits_24.cur": lambda: directory(2, [(16, 16, 0, 0, icon(24))]),
    "with_alpha.cur": lambda: directory(2, [(16, 16, 0, 0, icon(32))]),
    "second_is_larger.cur": lambda: directory(2, [(16, 16, 0, 0, icon(32)), (24, 24, 0, 0, icon(32, (24, 24)))]),
    "bad_no_cursor.cur": lambda: directory(2, []),
    # PSD
    "bitmap.psd": lambda: psd(0, 1, 1),
    "grey.psd": lambda: psd(1, 8, 1),
    "palette.psd": lambda: psd(2, 8, 1),
    "colour.psd": lambda: psd(3, 8, 3),
    "colour_with_alpha.psd": lambda: psd(3, 8, 4),
    "five_channels.psd": lambda: psd(3, 8, 5),
    "cmyk.psd": lambda: psd(4, 8, 4),
    "multichannel.psd": lambda: psd(7, 8, 3),
    "duotone.psd": lambda: psd(8, 8, 1),
    "lab.psd": lambda: psd(9, 8, 3),
    "exif.psd": lambda: psd(3, 8, 3, resources=resource(1005, bytes(16), b"odd") + resource(1058, EXIF)),
    "bad_16_bits.psd": lambda: psd(3, 16, 3),
    "bad_channels.psd": lambda: psd(4, 8, 3),
    "bad_large_document.psd": lambda: psd(3, 8, 3, version=2),
    "bad_cut.psd": lambda: psd(3, 8, 3, resources=resource(1005, bytes(16)))[:60],
    # TGA
    "palette.tga": lambda: tga(1, 8, mapped=1),
    "palette_16.tga": lambda: tga(9, 8, mapped=1, map_bits=16),
    "palette_32.tga": lambda: tga(1, 8, mapped=1, map_bits=32),
    "no_map.tga": lambda: tga(1, 8),
    "bits_16.tga": lambda: tga(2, 16),
    "bits_24.tga": lambda: tga(2, 24, name=b"a name"),
    "bits_32.tga": lambda: tga(10, 32, flags=0x08),
    "bits_8_of_colour.tga": lambda: tga(2, 8),
    "bits_1.tga": lambda: tga(3, 1),
    "grey.tga": lambda: tga(11, 8),
    "grey_with_alpha.tga": lambda: tga(3, 16),
    "like_a_cursor.tga": lambda: tga(2, 24),
    "bad_map_bits.tga": lambda: tga(1, 8, mapped=1, map_bits=15),
    "bad_bits.tga": lambda: tga(2, 15),
    # PCX
    "bits_1.pcx": lambda: pcx(2, 1, 1),
    "four_planes.pcx": lambda: pcx(3, 1, 4),
    "palette.pcx": lambda: pcx(5, 8, 1, palette=REDS),
    "grey.pcx": lambda: pcx(5, 8, 1, palette=GREYS),
    "no_palette.pcx": lambda: pcx(5, 8, 1, palette=bytes(769)),
    "colour.pcx": lambda: pcx(5, 8, 3, box=(10, 20, 16, 24)),
    "bad_planes.pcx": lambda: pcx(5, 2, 4),
    "bad_box.pcx": lambda: pcx(5, 8, 3, box=(6, 4, 0, 0)),
    "two_pictures.dcx": lambda: dcx(pcx(5, 8, 3), pcx(2, 1, 1)),
    "palette.dcx": lambda: dcx(pcx(5, 8, 1), pcx(5, 8, 1, palette=REDS)),
    "bad_no_picture.dcx": lambda: dcx(),
    # QOI, SGI
    "colour.qoi": lambda: qoi(3),
    "with_alpha.qoi": lambda: qoi(4),
    "bad_size.qoi": lambda: qoi(3, (0, 5)),
    "grey.sgi": lambda: sgi(1, 2, 1),
    "grey_line_16.sgi": lambda: sgi(2, 1, 1),
    "colour.sgi": lambda: sgi(1, 3, 3),
    "colour_16_rle.sgi": lambda: sgi(2, 3, 3, compression=1),
    "with_alpha.sgi": lambda: sgi(1, 3, 4),
    "bad_channels.sgi": lambda: sgi(1, 3, 2),
    # IPTC and MPEG
    "grey.iim": lambda: iptc(),
    "colour.iim": lambda: iptc(b"\3\1", more=dataset(3, 65, b"\1")),
    "cmyk.iim": lambda: iptc(b"\4\1", compression=5),
    "without_pixels.iim": lambda: iptc(pixels=b""),
    "zeros_behind.iim": lambda: iptc(pixels=bytes(300)),
    "long_length.iim": lambda: iptc(more=dataset(2, 120, b"caption", head=b"\x82\0\0\7")),
    "bad_colours.iim": lambda: iptc(b"\3\0"),
    "bad_width_twice.iim": lambda: iptc(more=dataset(3, 20, b"\0\7")),
    "bad_sequence_twice.iim": lambda: iptc(b"\3\1", more=dataset(3, 65, b"\1") * 2),
    "bad_no_compression.iim": lambda: iptc(compression=None),
    "bad_compression.iim": lambda: iptc(compression=2),
    "bad_no_width.iim": lambda: iptc(width=None),
    "bad_length.iim": lambda: iptc(more=dataset(2, 120, b"", head=b"\x85\0")),
    "bad_record.iim": lambda: iptc(more=dataset(10, 1, b"x")),
    "sequence.mpg": lambda: mpeg(),
    "bad_size.mpg": lambda: mpeg(0),
    # DDS
    "colour.dds": lambda: dds(0x40, 24),
    "colour_with_alpha.dds": lambda: dds(0x41, 32),
    "grey.dds": lambda: dds(0x20000, 8),
    "grey_with_alpha.dds": lambda: dds(0x20001, 16),
    "palette.dds": lambda: dds(0x20, 8),
    "dxt1.dds": lambda: dds(4, code=b"DXT1"),
    "dxt5.dds": lambda: dds(4, code=b"DXT5"),
    "ati1.dds": lambda: dds(4, code=b"ATI1"),
    "bc5s.dds": lambda: dds(4, code=b"BC5S"),
    "dx10_bc4.dds": lambda: dds(4, code=b"DX10", dxgi=80),
    "dx10_bc6h.dds": lambda: dds(4, code=b"DX10", dxgi=95),
    "dx10_bc7.dds": lambda: dds(4, code=b"DX10", dxgi=99),
    "bad_grey_16.dds": lambda: dds(0x20000, 16),
    "bad_code.dds": lambda: dds(4, code=b"DXT2"),
    "bad_dxgi.dds": lambda: dds(4, code=b"DX10", dxgi=72),
    "bad_header.dds": lambda: dds(0x40, 24, header=120),
    # ICNS
    "classic.icns": lambda: icns((b"is32", bytes(768)), (b"s8mk", bytes(256))),
    "png.icns": lambda: icns((b"TOC ", b""), (b"ic07", png("RGBA", (128, 128))), (b"ic11", png("RGBA", (32, 32)))),
    "points_count.icns": lambda: icns((b"ic12", png("RGBA", (64, 64))), (b"ih32", bytes(6912))),
    "double.icns": lambda: icns((b"ic10", b"")),
    "bad_unknown.icns": lambda: icns((b"icon", bytes(128))),
    "bad_cut.icns": lambda: icns((b"is32", bytes(768)), length=900),
    # The rest
    "version_1.blp": lambda: blp(1, 0),
    "version_1_with_alpha.blp": lambda: blp(1, 8),
    "version_2.blp": lambda: blp(2, 0),
    "version_2_with_alpha.blp": lambda: blp(2, 8),
    "weather.bufr": lambda: b"BUFR" + bytes(40),
    "weather.grib": lambda: b"GRIB" + be("IB", 0x28_01, 0)[:5] + bytes(40),
    "bad_edition_2.grib": lambda: b"GRIB\0\0\0\2" + bytes(40),
    "data.h5": lambda: b"\x89HDF\r\n\x1a\n" + bytes(40),
    "bits_24.dib": lambda: dib(24),
    "grey.dib": lambda: dib(8, palette=GREY_256),
    "black_and_white.dib": lambda: dib(1, palette=BLACK_WHITE),
    "os2.dib": lambda: dib(4, header=12),
    "bad_bits.dib": lambda: dib(2, palette=b""),
    "from_the_top_masked.bmp": lambda: bmp(16, (7, -5), compression=3, masks=masks(0xF800, 0x7E0, 0x1F)),
    "masks_rgba.bmp": lambda: bmp(32, header=56, compression=3, masks=masks(0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
    "masks_xbgr.bmp": lambda: bmp(32, header=56, compression=3, masks=masks(0xFF000000, 0xFF0000, 0xFF00, 0)),
    "masks_none.bmp": lambda: bmp(32, header=108, compression=3, masks=masks(0, 0, 0, 0)),
    "one_colour.bmp": lambda: bmp(8, colours=1, palette=bytes(4)),
    "grey_of_300.bmp": lambda: bmp(8, colours=300, palette=GREY_256 + GREY_256[:176]),
    "bad_masks.bmp": lambda: bmp(32, header=56, compression=3, masks=masks(0xFF0000, 0xFF00, 0xFF, 0xFF)),
    "bad_masks_of_8.bmp": lambda: bmp(8, compression=3, masks=masks(0xFF0000, 0xFF00, 0xFF)),
    "bad_jpeg_inside.bmp": lambda: bmp(24, compression=4),
    "header_box.eps": lambda: EPS + b"showpage\n%%EOF\n",
    "fractions.eps": lambda: eps(b"%%BoundingBox: 10.9 -20.5 110.2 70\r%%EndComments\r"),
    "box_at_end.eps": lambda: eps(b"%%BoundingBox: (atend)\n%%EndComments\nshowpage\n%%Trailer\n%%BoundingBox: 0 0 30 40\n"),
    "image_data.eps": lambda: EPS + b'%ImageData: 12 9 8 4 1 12 1 "beginimage"\nshowpage\n%%EOF\n',
    "image_data_1.eps": lambda: EPS + b'%ImageData: 12 9 1 1 0 2 1 "beginimage"\nshowpage\n%%EOF\n',
    "binary.eps": lambda: EPS + b"%%BeginBinary: 6\n%%EOF\n%%EndBinary\n%ImageData: 12 9 8 2 1 12\n%%EOF\n",
    "preview.eps": lambda: dos_eps(EPS + b"showpage\n%%EOF\n"),
    "bad_no_box.eps": lambda: eps(b"%%Title: none\n%%EndComments\n"),
    "bad_document.ps": lambda: b"%!PS\n%%BoundingBox: 0 0 10 10\nshowpage\n",
    "bad_image_data.eps": lambda: EPS + b"%ImageData: 12 9 8 7\n%%EOF\n",
    "bits_8.fits": lambda: fits_of(8, 7, 5),
    "bits_16.fits": lambda: fits_of(16, 7, 5, 3),
    "bits_32_line.fits": lambda: fits_of(32, 7),
    "float.fits": lambda: fits_of(-32, 7, 5),
    "double.fits": lambda: fits_of(-64, 7, 5),
    "extension.fits": lambda: fits_of(8)[:2880] + fits_of(16, 7, 5, first="XTENSION= 'IMAGE   '"),
    "compressed.fits": lambda: fits_of(8)[:2880] + fits(
        "XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 8", "NAXIS2  = 5", "ZIMAGE  = T",
        "ZCMPTYPE= 'GZIP_1  '", "ZBITPIX = -32", "ZNAXIS  = 2", "ZNAXIS1 = 7", "ZNAXIS2 = 5", data=80),
    "bad_bits.fits": lambda: fits_of(64, 7, 5),
    "bad_no_data.fits": lambda: fits_of(8, 7, 5)[:2880],
    "bad_no_picture.fits": lambda: fits_of(8) + b"x" * 80,
    "flc.flc": lambda: fli(),
    "fli.fli": lambda: fli(0xAF11, flags=0, frames=[fli_frame((11, fli_colours([63] * 12)))]),
    "prefix.flc": lambda: fli(frames=[le("IHH8x", 16, 0xF100, 0), fli_frame((7, b""), (4, fli_colours([255] * 12)))]),
    "bad_palette.fli": lambda: fli(0xAF11, frames=[fli_frame((11, fli_colours([64] * 12)))]),
    "bad_cut.flc": lambda: fli()[:130],
    "dxt1.ftc": lambda: ftex(0),
    "uncompressed.ftu": lambda: ftex(1),
    "bad_formats.ftu": lambda: ftex(1, formats=2),
    "version_1.gbr": lambda: gbr(1, 1),
    "version_2.gbr": lambda: gbr(2, 4),
    "bad_magic.gbr": lambda: gbr(2, 4, magic=b"PIMG"),
    "grey.im": lambda: im_of("Greyscale"),
    "float.im": lambda: im_of("L*16"),
    "integers.im": lambda: im_of("L 16B"),
    "palette_and_alpha.im": lambda: im_of("LA"),
    "ycc.im": lambda: im_of("YCC", "Comment: the first", "Comment: the second"),
    "palette.im": lambda: im("Image type: Greyscale image", "Image size (x*y): 7*5", "Lut: 1", palette=bytes(range(256)) * 2 + bytes(256)),
    "grey_palette.im": lambda: im("Image type: Greyscale image", "Image size (x*y): 7*5", "Lut: 1", palette=bytes(range(256)) * 3),
    "default_size.im": lambda: im("Name: made", end=b"\n"),
    "bad_no_name.im": lambda: im("Subject: a letter"),
    "bad_size.im": lambda: im("Image type: RGB image", "Image size (x*y): seven*5"),
    "grey.imt": lambda: imt("*  a comment", "width 7", "height 5", "pixel n8"),
    "bad_pixel.imt": lambda: imt("width 7", "height 5", "pixel n16"),
    "bytes_1.ara": lambda: mcidas(1),
    "bytes_2.ara": lambda: mcidas(2),
    "bytes_4.ara": lambda: mcidas(4),
    "bad_bytes_3.ara": lambda: mcidas(3),
    "version_1.msp": lambda: msp(),
    "version_2.msp": lambda: msp(b"LinS"),
    "bad_checksum.msp": lambda: msp(wrong=1),
    "landscape.pcd": lambda: pcd(0),
    "portrait.pcd": lambda: pcd(3),
    "colour.pxr": lambda: pixar(),
    "bad_depth.pxr": lambda: pixar(14, 3),
    "big.spi": lambda: spider(),
    "little.spi": lambda: spider("<"),
    "stack.spi": lambda: spider(stack=2.0),
    "bad_form.spi": lambda: spider(form=3.0),
    "bad_header.spi": lambda: spider(extra=1.0),
    "bits_1.ras": lambda: sun(1),
    "grey_4.ras": lambda: sun(4),
    "grey_8.ras": lambda: sun(8, 2),
    "palette.ras": lambda: sun(8, palette=bytes(48)),
    "bits_24.ras": lambda: sun(24, 3),
    "bits_32.ras": lambda: sun(32),
    "bad_type.ras": lambda: sun(8, 6),
    "bad_bits.ras": lambda: sun(16),
    "placeable.wmf": lambda: wmf(),
    "rounded_down.wmf": lambda: wmf((0, 0, 1459, 719)),
    "bad_inch.wmf": lambda: wmf(inch=0),
    "bad_box.wmf": lambda: wmf((0, 0, -100, 10)),
    "enhanced.emf": lambda: emf(),
    "bad_frame.emf": lambda: emf(frame=(0, 0, 0, 10)),
    "plain.xbm": lambda: xbm(),
    "hotspot.xbm": lambda: xbm("/* a\n comment */\n", after="#define im_x_hot 1\n#define im_y_hot 1\n"),
    "bad_number.xbm": lambda: xbm(width="0x10"),
    "bad_no_bits.xbm": lambda: xbm(end="int x;\n"),
    "palette.xpm": lambda: xpm(),
    "with_hole.xpm": lambda: xpm(hole=True),
    "many_colours.xpm": lambda: xpm(257, letters=3),
    "many_colours_with_hole.xpm": lambda: xpm(257, hole=True, letters=3),
    "bad_colour_name.xpm": lambda: xpm(colour=" c red"),
    "small.xv": lambda: b"P7 332\n#IMGINFO:7x5\n#END_OF_COMMENTS\n7 5 255\n" + bytes(35),
    "bad_size.xv": lambda: b"P7 332\n#END_OF_COMMENTS\nseven 5 255\n" + bytes(35),
    # Beyond Pillow
    "colour.exr": lambda: exr([b"B", b"G", b"R"]),
    "with_alpha.exr": lambda: exr([b"A", b"B", b"G", b"R"], window=(-2, 1, 6, 4)),
    "grey.exr": lambda: exr([b"Y"]),
    "layers.exr": lambda: exr([b"left.B", b"left.G", b"left.R"]),
    "radiance.hdr": lambda: hdr(),
    "turned.hdr": lambda: hdr("+X 7 -Y 5", "#?RGBE", ("# a comment", "EXPOSURE=1.0", "FORMAT=32-bit_rle_xyze")),
    "bad_size.hdr": lambda: hdr("none"),
    "colour.ff": lambda: farbfeld(),
    "pixels.svg": lambda: svg('width="40" height="30"'),
    "units.svg": lambda: svg('width="40mm" height="30mm" viewBox="0 0 80 60"'),
    "view_box.svg": lambda: svg('viewBox="0 0 80 60"', "<!-- a comment -->\n"),
    "prefixed.svg": lambda: svg('xmlns:s="http://www.w3.org/2000/svg" width="40px" height="30px"', name="s:svg"),
    "doctype.svg": lambda: svg('width="40" height="30"', '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n'),
}

if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (OUT / name).write_bytes(make())
