#!/usr/bin/env python3
"""Images a second of imgmeta from S3 and HDFS, beside a bare loop over the same client that reads 64 KiB of each.

    bench/stores.py [--rounds N] [--rows N] [--only s3|hdfs] [--concurrency N] [--write] [--program PATH] [--bare PATH]

The stores are MinIO and Hadoop's NameNode and DataNode, which Go and Maven bring on first use, as for the tests. The bare loop is
crates/storage/examples/bare_loop.rs. Both are timed in turn as whole processes, start and end counted, after a round that is not
counted; each row is an object of its own. All of it runs in a network namespace of its own (unshare and setpriv of util-linux, ip of
iproute2) that has loopback alone, and ends with it. A wrong or missing answer ends it with 1. With --write the table goes into
docs/performance.md. It takes 4 GB of disk.
"""
import argparse
import datetime
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from speed import install

BARE = install.ROOT / "target/release/examples/bare_loop"
# What the bare loop reads of each, in bytes.
FIRST = 65_536
IMAGES = 400
WANTED = 0.8
STORES = {"s3": "S3 (MinIO)", "hdfs": "HDFS"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--only", choices=STORES, help="one of the stores")
    parser.add_argument("--concurrency", type=int, default=256, help="reads in flight, of both (default: imgmeta's)")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--program", type=Path, help="the imgmeta to measure (default: build it)")
    parser.add_argument("--bare", type=Path, help="the bare loop (default: build it)")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def bare_loop(path):
    if path:
        return path.resolve()
    subprocess.run(["cargo", "build", "--release", "--locked", "-p", "imgmeta-storage", "--example", BARE.name], cwd=install.ROOT, check=True)
    return BARE


def place(folder, rows, truths):
    """A folder with a file for each row: links to the images."""
    from speed.check import image_of
    folder.mkdir()
    for row in range(rows):
        os.link(folder.parent / "images/web" / f"{image_of(row, truths)}.jpg", folder / f"{row}.jpg")
    return folder


class Race:
    """The two over one store: `url` is of the folder that has the rows."""

    def __init__(self, args, url, variables, truths):
        self.args, self.truths, self.store = args, truths, "/".join(url.split("/")[:3])
        self.environment = {**os.environ, **variables}
        self.list = args.inside / "list.txt"
        self.list.write_text("".join(f"{url}/{row}.jpg\n" for row in range(args.rows)))

    def timed(self, *command):
        """Rows a second and microseconds of CPU a row of a command, with its start, and what it said; it must end well."""
        from speed.check import Wrong
        used = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
        before, start = used(), time.perf_counter()
        ended = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=900)
        took = time.perf_counter() - start
        if ended.returncode:
            raise Wrong(f"it ended with {ended.returncode}: {ended.stderr[-2000:]}{ended.stdout[-2000:]}")
        return (self.args.rows / took, 1e6 * (used() - before) / self.args.rows), ended.stdout

    def bare(self):
        from speed.check import Wrong, image_of
        figures, said = self.timed(self.args.bare, self.list, str(self.args.concurrency))
        whole = sum(min(FIRST, self.truths[image_of(row, self.truths)].Bytes) for row in range(self.args.rows))
        if said.split() != [str(self.args.rows), str(whole)]:
            raise Wrong(f"it has read `{said.strip()}`, and there are {self.args.rows} rows of {whole} bytes")
        return figures

    def imgmeta(self):
        from speed import check
        with tempfile.TemporaryDirectory(dir=self.args.inside) as output:
            figures, _ = self.timed(self.args.program, "run", self.list, "--output", output, "--allow-store", self.store,
                                    "--concurrency", str(self.args.concurrency), "--progress", "never")
            check.records(Path(output), self.args.rows, self.truths)
        return figures

    def run(self, name):
        """The figures of each round, of the bare loop and of imgmeta; the order is another one in each."""
        from speed.check import Wrong
        rounds, ways = [], {"bare": self.bare, "imgmeta": self.imgmeta}
        for turn in range(self.args.rounds + 1):
            figures = {}
            for way in sorted(ways, reverse=turn % 2 == 0):
                try:
                    figures[way] = ways[way]()
                # An answer of another shape is wrong, too.
                except Exception as wrong:
                    sys.exit(f"error: {name}/{way}: {wrong if isinstance(wrong, Wrong) else repr(wrong)}")
            shown = ", ".join(f"{way} {figures[way][0]:,.0f} rows/s and {figures[way][1]:,.0f} us of CPU a row" for way in ways)
            print(f"{name}, round {turn or '0, not counted'}: {shown}", file=sys.stderr, flush=True)
            rounds += [figures] * bool(turn)
        return rounds


def spread(values, form="{:,.0f}"):
    """The median, and the lowest and the highest."""
    return tuple(form.format(value) for value in (statistics.median(values), min(values), max(values)))


def row(name, rounds):
    ratios = [each["imgmeta"][0] / each["bare"][0] for each in rounds]
    columns = []
    for way in ("bare", "imgmeta"):
        rate, low, high = spread([each[way][0] for each in rounds])
        columns += [f"{rate} ({low} to {high})", spread([each[way][1] for each in rounds])[0]]
    ratio, low, high = spread(ratios, "{:.2f}")
    verdict = "met" if statistics.median(ratios) >= WANTED else "**missed**"
    return f"| {STORES[name]} | {' | '.join(columns)} | {ratio} | {low} to {high} | at least {WANTED}: {verdict} |"


def versions(program):
    from speed import clusters, page
    locked = (install.ROOT / "Cargo.lock").read_text()
    crate = lambda name, least="": re.search(rf'name = "{name}"\nversion = "({least}.*)"', locked).group(1)
    return (f"{page.version(program)}, object_store {crate('object_store', '0.14')}, hdfs-native {crate('hdfs-native')}, "
            f"MinIO {clusters.minio().parent.name.split('-')[2]}, Hadoop {clusters.hadoop().name.split('-')[1]}")


def text(figures, args, load):
    """The part of the page, without the markers."""
    from speed import page
    command = f"bench/stores.py --rounds {args.rounds} --rows {args.rows}" + f" --only {args.only}" * bool(args.only)
    command += f" --concurrency {args.concurrency}" * (args.concurrency != 256)
    return "\n".join([
        f"`{command}`, {datetime.date.today()}: {page.machine()}, which the servers and all others share; load {load} when it began. "
        f"{versions(args.program)}.",
        "",
        f"{args.rows:,} objects of 86 KB with {IMAGES} different images, {args.concurrency} in flight. The bare loop asks the same client for the first 64 KiB of each and throws",
        "them away. Both are timed as whole processes, start and end counted, in turn; figures are medians of the rounds, with the lowest and the highest, and a",
        "ratio is one of a round. Every record was compared with what was put into the images.", "",
        "| store | bare loop, rows/s | CPU, us a row | `imgmeta run`, rows/s | CPU, us a row | ratio | spread | wanted |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |", *(row(name, rounds) for name, rounds in figures.items())])


def inside(args):
    from speed import clusters, images, page
    load = f"{os.getloadavg()[0]:.1f}"
    truths = images.make(args.inside / "images", "web", IMAGES)
    files, figures = place(args.inside / "rows", args.rows, truths), {}
    for name in STORES:
        if args.only in (None, name):
            with tempfile.TemporaryDirectory(dir=args.inside) as folder, getattr(clusters, name)(Path(folder), files) as (url, variables):
                figures[name] = Race(args, url, variables, truths).run(name)
    part = text(figures, args, load)
    print(part)
    if args.write:
        page.put("bench/stores", "S3 and HDFS", part)


def main():
    args = arguments()
    if args.inside:
        return inside(args)
    install.tools("unshare", "ip")
    python, program, bare = install.python(), install.program(args.program), bare_loop(args.bare)
    from speed import clusters, servers
    clusters.minio(), clusters.hadoop()
    # Ended from outside, it ends what it started and leaves nothing on the disk.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(servers.enter(Path(folder), [python, __file__, *sys.argv[1:], "--inside", folder, "--program", program, "--bare", bare]))


if __name__ == "__main__":
    main()
