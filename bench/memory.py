#!/usr/bin/env python3
"""How much memory a run over HTTP takes, and how much time for a row, by the length of its list: neither should grow.

bench/memory.py [--rows N ...] [--parquet] [--hosts N] [--per-host N] [--concurrency N]

nginx on a free loopback port serves the hand-made JPEGs of tests/data; each row has a query of its own, so that none is taken for
another. The program's anonymous memory (RssAnon) is looked at every tenth of a second beside it, so that the end is seen when it
comes; the default flags but for --allow-private and --per-host (all rows are of one host, or of so many in turn). Needs nginx and
openssl (apt-get install nginx-light openssl).
"""
import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from lists import anonymous
from speed.install import ROOT, tools
from speed.servers import nginx


def address(host):
    return f"127.0.{host // 250}.{host % 250 + 1}"


def write(path, port, names, rows, hosts):
    with path.open("w") as out:
        out.write("url\n")
        out.writelines(f"http://{address(row % hosts)}:{port}/{names[row % len(names)]}?row={row}\n" for row in range(rows))


def sample(run, samples):
    while run.returncode is None:
        samples.append(anonymous(run.pid))
        time.sleep(0.1)


def measure(folder, port, names, rows, args):
    path, output = folder / "list.csv", folder / "out"
    shutil.rmtree(output, ignore_errors=True)
    write(path, port, names, rows, args.hosts)
    start = time.monotonic()
    run = subprocess.Popen([ROOT / "target/release/imgmeta", "run", path, "--output", output, "--allow-private", "--per-host", str(args.per_host),
                            "--concurrency", str(args.concurrency), "--progress", "never"] + ["--parquet"] * args.parquet, stderr=subprocess.PIPE)
    samples = [anonymous(run.pid)]
    threading.Thread(target=sample, args=(run, samples), daemon=True).start()
    said = run.communicate()[1]
    took = time.monotonic() - start
    if run.returncode:
        sys.exit(f"error: imgmeta ended with {run.returncode}: {said.decode()}")
    bytes_written = sum(part.stat().st_size for part in output.glob("*/part-*"))
    later = samples[len(samples) // 2:]
    return (f"| {rows:,} | {max(samples):.0f} MiB | {statistics.median(later):.0f} MiB | {took / rows * 1e6:.0f} us | "
            f"{bytes_written / 1e9:.1f} GB |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--parquet", action="store_true", help="with the mirror")
    parser.add_argument("--hosts", type=int, default=1, help="loopback addresses that the rows name in turn")
    parser.add_argument("--per-host", type=int, default=256)
    parser.add_argument("--concurrency", type=int, default=256)
    args = parser.parse_args()
    tools("nginx", "openssl")
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        shutil.copytree(ROOT / "tests/data/images/synthetic", folder / "images")
        names = sorted(path.name for path in (folder / "images").glob("gps*.jpg"))
        with nginx(folder, [address(host) for host in range(args.hosts)]) as (port, *_):
            print("| rows | most memory | median of the second half | a row | written |\n| --- | --- | --- | --- | --- |")
            for rows in args.rows:
                print(measure(folder, port, names, rows, args), flush=True)


if __name__ == "__main__":
    main()
