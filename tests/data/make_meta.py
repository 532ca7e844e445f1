#!/usr/bin/env python3
"""Writes into `images/made/` one small file for each way in which a format keeps an ICC profile, XMP and IPTC, and EXIF
with a maker's note, a thumbnail and text in odd encodings. Needs Pillow 13. What is expected of them is in
`made_meta.jsonl`, from the corpus's judges, and in `embedded.jsonl`, from exiftool.

tests/data/make_meta.py [OUT]
"""
import io
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image, ImageCms, TiffImagePlugin

from make import ramp, saved

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "images/made")


def profile(description=None):
    """A profile of version 4, or of version 2 with that description."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes(12)  # no date: the file is the same whenever it is made
    made[84:100] = bytes(16)
    if description:
        text = b"desc" + bytes(4) + struct.pack(">I", len(description) + 1) + description + b"\0" + bytes(79)
        made += bytes(-len(made) % 4)
        at = next(at for at in range(132, len(made), 12) if made[at:at + 4] == b"desc")
        made[at + 4:at + 12] = struct.pack(">II", len(made), len(text))
        made += text
        made[8:12] = b"\x02\x40\x00\x00"
    made[0:4] = struct.pack(">I", len(made))
    return bytes(made)


def xmp(inner="", attributes=""):
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="" xmlns:core="http://purl.org/dc/elements/1.1/" xmlns:xap="http://ns.adobe.com/xap/1.0/"
 xmlns:ps="http://ns.adobe.com/photoshop/1.0/" xmlns:rights="http://ns.adobe.com/xap/1.0/rights/"
 xmlns:iptc="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"{attributes}>
{inner}</r:Description></r:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


FULL = xmp("""<core:title><r:Alt><r:li xml:lang="de">Katze &amp; Hund</r:li><r:li xml:lang="x-default">Cat &amp; dog</r:li></r:Alt></core:title>
<core:description><r:Alt><r:li xml:lang="x-default">In K\u00f6ln</r:li></r:Alt></core:description>
<core:subject><r:Bag><r:li>cat</r:li><r:li>dog</r:li></r:Bag></core:subject>
<core:creator><r:Seq><r:li>A. Author</r:li></r:Seq></core:creator>
<iptc:CreatorContactInfo r:parseType="Resource"><iptc:CiAdrCity>K\u00f6ln</iptc:CiAdrCity></iptc:CreatorContactInfo>
<rights:WebStatement>http://example.org/rights</rights:WebStatement>
""", ' xap:Rating="4" ps:City="K&#xF6;ln"')


def dataset(record, number, data):
    return bytes([0x1C, record, number]) + struct.pack(">H", len(data)) + data


def iptc(encoding="utf-8"):
    records = dataset(1, 90, b"\x1b%G") if encoding == "utf-8" else b""
    records += dataset(2, 0, b"\0\4") + dataset(2, 5, "T\u00fcr".encode(encoding)) + dataset(2, 25, b"cat")
    return records + dataset(2, 25, b"dog") + dataset(2, 120, b"A caption") + dataset(2, 80, b"A. Author")


def resources(records):
    """Photoshop's image resources: one that is nothing to us, with a name, and IPTC."""
    def one(number, data, name=b""):
        name = bytes([len(name)]) + name
        return b"8BIM" + struct.pack(">H", number) + name + b"\0" * (len(name) % 2) \
            + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)
    return one(0x03ED, b"x" * 15, b"abc") + one(0x0404, records)


def segment(marker, *parts):
    data = b"".join(parts)
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def jpeg(*segments):
    plain = saved(ramp(), "JPEG")
    return plain[:2] + b"".join(segments) + plain[2:]


def icc_segments(made, pieces=1):
    size = -(-len(made) // pieces)
    return [segment(0xE2, b"ICC_PROFILE\0", bytes([at + 1, pieces]), made[at * size:(at + 1) * size])
            for at in range(pieces)]


def xmp_segment(packet):
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0", packet)


def extended_xmp():
    guid = b"0123456789ABCDEF0123456789ABCDEF"
    more = xmp("<core:source>from the extension</core:source>")
    half = len(more) // 2
    def piece(at, data):
        return segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0", guid, struct.pack(">II", len(more), at), data)
    main = xmp("", f' xap:Rating="3" xmpNote:HasExtendedXMP="{guid.decode()}"')
    return jpeg(piece(half, more[half:]), xmp_segment(main), piece(0, more[:half]))


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(before=b"", behind=b""):
    plain = saved(ramp(), "PNG")
    return plain[:33] + before + plain[33:-12] + behind + plain[-12:]


def itxt(packet, compressed):
    text = zlib.compress(packet) if compressed else packet
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([compressed, 0]) + b"\0\0" + text)


def raw_profile(kind, block, name=None):
    """ImageMagick's text of a profile."""
    digits = block.hex()
    lines = "\n".join(digits[at:at + 72] for at in range(0, len(digits), 72))
    text = f"\n{name or kind}\n{len(block):8}\n{lines}\n".encode()
    return chunk(b"zTXt", b"Raw profile type " + kind.encode() + b"\0\0" + zlib.compress(text))


def psd(*resources):
    """A picture of 7 x 5 pixels with these resources."""
    inside = b"".join(resources)
    return b"8BPS" + struct.pack(">H6xHIIHHII", 1, 3, 5, 7, 8, 3, 0, len(inside)) + inside + bytes(4 + 2 + 3 * 5 * 7)


def resource(number, data):
    return b"8BIM" + struct.pack(">HxxI", number, len(data)) + data + b"\0" * (len(data) % 2)


def gif(*extensions):
    plain = saved(ramp("P"), "GIF")
    at = 13 + (3 << ((plain[10] & 7) + 1))
    return plain[:at] + b"".join(extensions) + plain[at:]


def sub_blocks(data):
    return b"".join(bytes([len(data[at:at + 255])]) + data[at:at + 255] for at in range(0, len(data), 255)) + b"\0"


def tiff(entries):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, kind, value in entries:
        info.tagtype[tag] = kind
        info[tag] = value
    return saved(ramp(), "TIFF", tiffinfo=info)


def ifd(entries, at, order="<", next_ifd=0):
    """A directory of (tag, type, count, value bytes) that begins at an offset, its long values behind it."""
    end = at + 2 + 12 * len(entries) + 4
    out, values = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, value in entries:
        if len(value) > 4:
            value, values = struct.pack(order + "I", end + len(values)), values + value + b"\0" * (len(value) % 2)
        out += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
    return out + struct.pack(order + "I", next_ifd) + values


def exif(first, exif_ifd=(), thumbnail_ifd=(), thumbnail=b"", order="<"):
    """An EXIF block; an offset of the thumbnail is written as `None`."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    def long(number):
        return struct.pack(order + "I", number)
    zero = ifd([*first, (0x8769, 4, 1, long(0))], 8, order)
    at_exif = 8 + len(zero)
    inner = ifd(list(exif_ifd), at_exif, order)
    at_first = at_exif + len(inner)
    at_thumbnail = at_first + len(ifd([(tag, kind, count, value or long(0)) for tag, kind, count, value in thumbnail_ifd],
                                      at_first, order))
    zero = ifd([*first, (0x8769, 4, 1, long(at_exif))], 8, order, at_first if thumbnail_ifd else 0)
    one = ifd([(tag, kind, count, long(at_thumbnail) if value is None else value)
               for tag, kind, count, value in thumbnail_ifd], at_first, order)
    return head + zero + inner + (one + thumbnail if thumbnail_ifd else b"")


def with_exif(block):
    return jpeg(segment(0xE1, b"Exif\0\0", block))


def ascii_(tag, text):
    return (tag, 2, len(text), text)


def undefined(tag, data):
    return (tag, 7, len(data), data)


def rational(tag, *numbers, order="<"):
    return (tag, 5, len(numbers) // 2, struct.pack(f"{order}{len(numbers)}I", *numbers))


SMALL = saved(ramp("RGB", (4, 3)), "JPEG")


def short(tag, number):
    return (tag, 3, 1, struct.pack("<H", number))


def comment(code, data, order="<"):
    return with_exif(exif([], [undefined(0x9286, code + data)], order=order))


FILES = {
    "profile_v4_in_two_segments.jpg": jpeg(*icc_segments(profile(), 2)),
    "profile_segments_out_of_order.jpg": jpeg(*reversed(icc_segments(profile(b"Own colours"), 3))),
    "profile.png": saved(ramp(), "PNG", icc_profile=profile(b"Own colours")),
    "profile.webp": saved(ramp(), "WEBP", lossless=True, icc_profile=profile(), xmp=FULL),
    "profile_and_xmp.gif": gif(b"\x21\xff\x0bICCRGBG1012" + sub_blocks(profile(b"Own colours")),
                               b"\x21\xff\x0bXMP DataXMP" + FULL + b"\x01" + bytes(range(255, -1, -1)) + b"\0"),
    "xmp_and_iptc.jpg": jpeg(xmp_segment(FULL), segment(0xED, b"Photoshop 3.0\0", resources(iptc()))),
    "xmp_extended.jpg": extended_xmp(),
    "xmp_utf16.jpg": jpeg(xmp_segment(b"\xfe\xff" + FULL.decode().encode("utf-16-be"))),
    "iptc_latin1_in_two_segments.jpg": jpeg(
        segment(0xED, b"Photoshop 3.0\0", resources(iptc("latin-1"))[:60]),
        segment(0xED, b"Photoshop 3.0\0", resources(iptc("latin-1"))[60:])),
    "xmp.png": png(itxt(FULL, False)),
    "xmp_compressed.png": png(itxt(FULL, True)),
    "xmp_behind_pixels.png": png(behind=itxt(FULL, False)),
    "raw_profiles.png": png(raw_profile("xmp", FULL) + raw_profile("iptc", resources(iptc()), "IPTC profile")
                            + raw_profile("icc", profile(b"Own colours"), "ICC Profile")),
    "raw_profiles_behind_pixels.png": png(
        behind=raw_profile("APP1", b"http://ns.adobe.com/xap/1.0/\0" + FULL) + raw_profile("iptc", iptc("latin-1"))),
    "profile_xmp_and_iptc.psd": psd(resource(1005, bytes(16)), resource(1028, iptc()), resource(1060, FULL),
                                    resource(1039, profile(b"Own colours"))),
    "profile_xmp_and_iptc.tif": tiff([(34675, 7, profile(b"Own colours")), (700, 1, FULL), (33723, 7, iptc())]),
    "iptc_in_resources.tif": tiff([(34377, 1, resources(iptc()))]),
    "maker_note_and_thumbnail.jpg": with_exif(exif(
        [ascii_(0x010F, b"Maker\0")], [undefined(0x927C, b"note" * 2000), ascii_(0xA434, b"Lens 1\0")],
        [short(0x0103, 6), (0x0201, 4, 1, None), (0x0202, 4, 1, struct.pack("<I", len(SMALL)))], SMALL)),
    "thumbnail_of_pixels.jpg": with_exif(exif(
        [ascii_(0x010F, b"Maker\0")], [],
        [(0x0100, 3, 1, b"\2\0"), (0x0101, 3, 1, b"\2\0"), short(0x0103, 1), short(0x0106, 2), (0x0111, 4, 1, None),
         (0x0117, 4, 1, struct.pack("<I", 12))], bytes(range(12)))),
    "apex_values.jpg": with_exif(exif([], [(0x9201, 10, 1, struct.pack("<ii", 7, 1)), rational(0x9202, 4, 1)])),
    "settings_in_first_ifd.jpg": with_exif(exif(
        [rational(0x829A, 1, 250), rational(0x829D, 28, 10), short(0x8827, 400), ascii_(0x9003, b"2024:05:01 12:30:00\0")])),
    "comment_kana.jpg": comment(b"UNICODE\0", "\u3042\u3044\u3046".encode("utf-16-le")),
    "comment_ideographs_big.jpg": comment(b"UNICODE\0", "\u65e5\u672c\u8a9e".encode("utf-16-be")),
    "comment_cyrillic.jpg": comment(b"UNICODE\0", "\u041f\u0440\u0438".encode("utf-16-be"), ">"),
    "comment_ascii_is_utf16.jpg": comment(b"ASCII\0\0\0", "hello".encode("utf-16-le")),
    "comment_blank_code.jpg": comment(b"        ", b"hello"),
    "comment_jis.jpg": comment(b"JIS\0\0\0\0\0", "\u30c6\u30b9\u30c8".encode("iso2022_jp")),
    "xp_big_endian.jpg": with_exif(exif([(0x9C9B, 1, 12, "\ufeffTitle".encode("utf-16-be"))])),
    "xp_half_pair.jpg": with_exif(exif([(0x9C9B, 1, 4, b"\x00\xd8h\0")])),
}


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, data in FILES.items():
        (OUT / name).write_bytes(data)


if __name__ == "__main__":
    main()
