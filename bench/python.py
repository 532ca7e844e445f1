#!/usr/bin/env python3
"""How much faster `imgmeta.inspect` is than Pillow and piexif, on the same bytes.

    bench/python.py [FOLDER]       default: ../shared/corpus/images

Needs the wheel, Pillow and piexif: `python python/build.py && pip install target/wheels/*.whl pillow piexif`.

Taken are the JPEGs of FOLDER with a camera's EXIF (maker, model, exposure time) that piexif can read, without those that were made for
tests. Each is read from memory in turns: by `Image.open(BytesIO(image))` with its format, mode and size, and by
`piexif.load(image)`; and by `imgmeta.inspect(image)`, which says more. Printed are medians over the rounds of each file, and over files.
"""

import gc
import pathlib
import statistics
import sys
import time
import warnings
from io import BytesIO

import imgmeta
import piexif
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROUNDS, CALLS = 25, 20


def pillow_and_piexif(image):
    opened = Image.open(BytesIO(image))
    return opened.format, opened.mode, opened.size, piexif.load(image)


def has_camera(image):
    try:
        shape, *_, exif = pillow_and_piexif(image)
    except Exception:  # Whatever they raise at damaged files.
        return False
    return shape in ("JPEG", "MPO") and {0x10F, 0x110} <= set(exif["0th"]) and 0x829A in exif["Exif"]


def seconds(call, image):
    started = time.perf_counter()
    for _ in range(CALLS):
        call(image)
    return (time.perf_counter() - started) / CALLS


def measured(image):
    both = [(seconds(pillow_and_piexif, image), seconds(imgmeta.inspect, image)) for _ in range(ROUNDS)]
    return [statistics.median(times) for times in zip(*both)]


def main():
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared/corpus/images"
    paths = sorted(path for path in folder.rglob("*.jp*g") if "synthetic" not in path.parts)
    images = {path: image for path in paths if has_camera(image := path.read_bytes())}
    gc.disable()
    if not images:
        sys.exit(f"error: `{folder}` holds no JPEG with the EXIF of a camera")
    times = {path: measured(image) for path, image in images.items()}
    for path, (theirs, ours) in sorted(times.items(), key=lambda item: item[1][0] / item[1][1]):
        print(f"{theirs / ours:6.1f}x {theirs * 1e6:8.1f} us {ours * 1e6:7.1f} us  {path.relative_to(folder)}")
    theirs, ours = (statistics.median(found) for found in zip(*times.values()))
    ratio = statistics.median(theirs / ours for theirs, ours in times.values())
    print(f"{len(times)} files: median {theirs * 1e6:.1f} us by Pillow and piexif, {ours * 1e6:.1f} us by imgmeta")
    print(f"median of the files' ratios {ratio:.1f}x, of all together {sum(t for t, _ in times.values()) / sum(o for _, o in times.values()):.1f}x")


if __name__ == "__main__":
    main()
