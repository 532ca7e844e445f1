#!/usr/bin/env python3
"""Writes `images/made/`: one small file for each way in which a format can be told, where the hand-made files of the
corpus have none. Needs Pillow 13. What is expected of them is in `made.jsonl`, from the corpus's judges.

tests/data/make.py [OUT]
"""
import io
import struct
import sys
from pathlib import Path

from PIL import Image

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "images/made")


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def ramp(mode="RGB", size=(7, 5)):
    """Colours that differ from pixel to pixel."""
    rgb = Image.new("RGB", size)
    rgb.putdata([(x * 30 % 256, y * 40 % 256, (x * y * 9) % 256) for y in range(size[1]) for x in range(size[0])])
    return rgb.convert(mode)


def see_through():
    image = ramp("RGBA")
    image.putalpha(100)
    return image


def gif(version=b"GIF89a", screen=(7, 5), palette=None, blocks=b"", frame=(0, 0, 7, 5), local=None):
    def flags(colours):
        return 0x80 | (len(colours) // 3).bit_length() - 2 if colours else 0
    image = struct.pack("<BHHHHB", 0x2C, *frame, flags(local)) + (local or b"") + b"\x02\x02\x44\x01\x00"
    return (version + struct.pack("<HHBBB", *screen, flags(palette), 0, 0) + (palette or b"") + blocks + image + b";")


GREYS = bytes(value for grey in range(4) for value in (grey,) * 3)
COLOURS = bytes([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
LONG_COMMENT = b"\x21\xfe" + (b"\xff" + b"c" * 255) * 300 + b"\x00"


def bmp(bits, palette=b"", header=40, compression=0, size=(7, 5), masks=b"", colours=0):
    rows = abs(size[1]) * ((size[0] * bits + 31) // 32 * 4)
    if header == 12:
        info = struct.pack("<IHHHH", 12, size[0], size[1], 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, *size, 1, bits, compression, rows, 2835, 2835, colours, 0)
        info += masks.ljust(header - 40, b"\0") if header > 40 else masks
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + rows, 0, 0, start) + info + palette + bytes(rows)


def entries(colours, step=4):
    return b"".join(bytes(colour) + b"\0" * (step - 3) for colour in colours)


MASKS = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
FILES = {
    "palette.gif": lambda: saved(ramp("P"), "GIF"),
    "grey.gif": lambda: saved(ramp("L"), "GIF"),
    "animated.gif": lambda: saved(ramp("P"), "GIF", save_all=True, append_images=[ramp("L").convert("P")], loop=0),
    "version_87a.gif": lambda: gif(b"GIF87a", palette=COLOURS),
    "no_palette.gif": lambda: gif(),
    "grey_ramp.gif": lambda: gif(palette=GREYS),
    "local_palette.gif": lambda: gif(palette=GREYS, local=COLOURS),
    "local_grey_ramp.gif": lambda: gif(palette=COLOURS, local=GREYS),
    "frame_beyond_screen.gif": lambda: gif(palette=COLOURS, screen=(4, 4), frame=(2, 3, 9, 8)),
    "long_comment.gif": lambda: gif(palette=COLOURS, blocks=LONG_COMMENT),
    "black_and_white.bmp": lambda: bmp(1, entries([(0, 0, 0), (255, 255, 255)])),
    "two_colours.bmp": lambda: bmp(1, entries([(0, 0, 255), (255, 255, 255)])),
    "sixteen_colours.bmp": lambda: bmp(4, entries([(n, 17 * n, n) for n in range(16)])),
    "grey_ramp.bmp": lambda: bmp(8, entries([(n, n, n) for n in range(256)])),
    "colours.bmp": lambda: saved(ramp("P"), "BMP"),
    "few_of_256.bmp": lambda: bmp(8, entries([(9, 8, 7), (1, 2, 3)]), colours=2),
    "rle8.bmp": lambda: bmp(8, entries([(n, 0, n) for n in range(256)]), compression=1),
    "bits_16.bmp": lambda: bmp(16),
    "bits_24.bmp": lambda: saved(ramp(), "BMP"),
    "bits_32.bmp": lambda: bmp(32),
    "bits_32_with_alpha.bmp": lambda: bmp(32, header=124, compression=3, masks=MASKS),
    "from_the_top.bmp": lambda: bmp(24, size=(7, -5)),
    "os2.bmp": lambda: bmp(8, entries([(n, 0, n) for n in range(256)], 3), header=12),
    "two_pictures.mpo": lambda: saved(ramp(size=(16, 12)), "MPO", save_all=True, append_images=[ramp(size=(8, 8))]),
    "animated.png": lambda: saved(ramp(), "PNG", save_all=True, append_images=[ramp("L").convert("RGB")]),
    "bits_1.png": lambda: saved(ramp("1"), "PNG"),
    "bits_16.png": lambda: saved(Image.new("I;16", (7, 5), 40_000), "PNG"),
    "palette.png": lambda: saved(ramp("P"), "PNG"),
    "palette_with_alpha.png": lambda: saved(ramp("P"), "PNG", transparency=3),
    "grey_with_alpha.png": lambda: saved(ramp("L").convert("LA"), "PNG"),
    "colour_with_alpha.png": lambda: saved(see_through(), "PNG"),
    "lossless_with_alpha.webp": lambda: saved(see_through(), "WEBP", lossless=True),
    "animated.webp": lambda: saved(ramp(), "WEBP", save_all=True, append_images=[ramp("L").convert("RGB")]),
}

if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (OUT / name).write_bytes(make())
