#!/usr/bin/env python3
"""What the mirror costs: bytes beside the JSON's, and CPU time beside a run's. Without network.

    bench/mirror.py [ROWS]         default 1,000,000

1. Varied records, made from a seed, are written without and with the mirror: bytes, and CPU time of writing alone.
2. The program reads local images, without and with --parquet: CPU time of whole runs. Reading a file costs less than
   fetching a URL, so that the share of a run over HTTP is smaller.
"""

import glob
import os
import resource
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SAMPLES = f"{ROOT}/tests/data/images/synthetic"


def cpu(*command):
    """CPU seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def size(folder, kind):
    return sum(os.path.getsize(path) for path in glob.glob(f"{folder}/*_{kind}/part-*"))


def written(rows, scratch):
    program = f"{ROOT}/target/release/examples/generated"
    without = cpu(program, str(rows), f"{scratch}/without")
    with_mirror = cpu(program, str(rows), f"{scratch}/with", "--parquet")
    json, parquet = size(f"{scratch}/with", "output"), size(f"{scratch}/with", "parquet")
    print(f"{rows} generated rows")
    print(f"  JSON     {json / 1e6:9.1f} MB, {without / rows * 1e6:6.1f} us of CPU a row (making the record included)")
    print(f"  mirror   {parquet / 1e6:9.1f} MB, {(with_mirror - without) / rows * 1e6:6.1f} us of CPU a row")
    print(f"  mirror / JSON = 1 / {json / parquet:.1f}")


def run(rows, scratch):
    """Of images that have EXIF."""
    images = [f"{SAMPLES}/{name}" for name in ("gps_ne_le.jpg", "exif_all_ifds.jpg", "webp_exif.webp", "tiff_gps_le.tif")]
    with open(f"{scratch}/list.txt", "w", encoding="utf-8") as file:
        file.writelines(f"{images[row % len(images)]}\n" for row in range(rows))
    program = [f"{ROOT}/target/release/imgmeta", "run", f"{scratch}/list.txt", "--output"]
    without = min(cpu(*program, f"{scratch}/run-{turn}") for turn in range(3))
    with_mirror = min(cpu(*program, f"{scratch}/run-parquet-{turn}", "--parquet") for turn in range(3))
    print(f"{rows} local images")
    print(f"  without  {without / rows * 1e6:6.1f} us of CPU a row")
    print(f"  with     {with_mirror / rows * 1e6:6.1f} us of CPU a row: {(with_mirror / without - 1) * 100:.1f} % more")


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    cargo = ["cargo", "build", "--release", "--quiet"]
    subprocess.run([*cargo, "-p", "imgmeta-sink", "--example", "generated"], check=True, cwd=ROOT)
    subprocess.run(cargo, check=True, cwd=ROOT)
    with tempfile.TemporaryDirectory() as scratch:
        written(rows, scratch)
        run(min(rows // 5, 100_000), scratch)


if __name__ == "__main__":
    main()
