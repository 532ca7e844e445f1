#!/usr/bin/env python3
"""What a report costs: seconds, memory and bytes of the page, from the mirror and from the JSON. Without network.

    bench/report.py [ROWS]         default 1,000,000

Varied records, made from a seed, a tenth of them failures; a fifth of the rows has a position.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = f"{ROOT}/target/release/imgmeta"


def measured(run, page):
    """Seconds and peak memory of a report: the best of three, as others may use the machine."""
    times, peak = [], 0
    for _ in range(3):
        start = time.monotonic()
        child = subprocess.Popen([PROGRAM, "report", run, "--out", page], stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit(f"the report of {run} failed")
        times.append(time.monotonic() - start)
        peak = max(peak, usage.ru_maxrss)
    return min(times), peak / 1024


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    cargo = ["cargo", "build", "--release", "--quiet", "--workspace"]
    subprocess.run([*cargo, "--bins", "--examples"], check=True, cwd=ROOT)
    with tempfile.TemporaryDirectory() as scratch:
        run, page = f"{scratch}/run", f"{scratch}/report.html"
        subprocess.run([f"{ROOT}/target/release/examples/generated", str(rows), run, "--parquet"], check=True)
        print(f"{rows} generated rows")
        print("| from | seconds | peak memory, MB | page, MB |")
        print("| --- | --- | --- | --- |")
        seconds, memory = measured(run, page)
        print(f"| mirror | {seconds:.1f} | {memory:.0f} | {os.path.getsize(page) / 1e6:.2f} |")
        plain = f"{scratch}/plain"
        subprocess.run([f"{ROOT}/target/release/examples/generated", str(rows), plain], check=True)
        seconds, memory = measured(plain, page)
        print(f"| JSON | {seconds:.1f} | {memory:.0f} | {os.path.getsize(page) / 1e6:.2f} |")
        if len(sys.argv) > 2:
            shutil.copy(page, sys.argv[2])


if __name__ == "__main__":
    main()
