#!/usr/bin/env python3
"""Images a second of imgmeta and of its neighbours, in turn on one machine, with every answer checked.

    bench/speed.py [--rounds N] [--only NAME,...] [--quick] [--write] [--program PATH]

Installs nginx, wrk, h2load and exiftool with apt-get where they are missing and this may be done, and img2dataset, Pillow, piexif and
matplotlib into an environment of its own under ~/.cache/imgmeta/bench. Makes the images, and runs everything in a network namespace of
its own (unshare of util-linux, ip of iproute2) that has loopback alone. NAME is a contestant (`run`), one of a set (`web/run`) or a set. A wrong or missing
answer ends it with 1. With --write the tables and a chart go into docs/performance.md and docs/speed.svg. It takes 2 GB of disk.
"""
import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from speed import install


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", metavar="NAME,...", help="some of the contestants")
    parser.add_argument("--quick", action="store_true", help="few images and one short round, to try it")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and docs/speed.svg")
    parser.add_argument("--program", type=Path, help="the imgmeta to measure (default: build it)")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen(only):
    """The set and the contestant of each that takes part, in order."""
    from speed.contestants import CONTESTANTS
    from speed.images import SETS
    every = [(name, each) for name in SETS for each in CONTESTANTS if name in each.sets]
    wanted = set(filter(None, only.split(",")))
    names = lambda name, each: {name, each.name, f"{name}/{each.name}"}
    unknown = wanted - set().union(*(names(*pair) for pair in every))
    if unknown:
        sys.exit(f"error: no contestant is called {', '.join(sorted(unknown))}; there are {', '.join(each.name for each in CONTESTANTS)}")
    return [pair for pair in every if not wanted or wanted & names(*pair)]


def measure(world, name, each, rows, quick):
    """Rows a second, and the rows: more of them as long as they take less than they should."""
    least = 0.3 if quick else each.least
    while True:
        done, took = each.run(world, name, rows, least)
        # What does not take all the rows it is given has no more.
        if took >= least or done != rows:
            return done / took, rows
        rows = int(rows * min(20, 1.3 * least / took)) + 1


def rounds(world, pairs, args):
    from speed.check import Wrong
    figures, rows = {}, {(name, each.name): each.rows // (20 if args.quick else 1) or each.rows for name, each in pairs}
    for turn in range(1 if args.quick else args.rounds):
        for name, each in pairs:
            key = (name, each.name)
            try:
                rate, rows[key] = measure(world, name, each, rows[key], args.quick)
            # An answer of another shape is wrong, too.
            except Exception as wrong:
                sys.exit(f"error: {name}/{each.name}: {wrong if isinstance(wrong, Wrong) else repr(wrong)}")
            figures.setdefault(key, []).append(rate)
            print(f"round {turn + 1}: {name}/{each.name}: {rate:,.1f} rows/s", file=sys.stderr, flush=True)
    return figures


def inside(args):
    from speed import images, report, servers
    from speed.contestants import World
    pairs, load = chosen(args.only), f"{os.getloadavg()[0]:.1f}"
    # What the others leave behind is deleted with the folder.
    (args.inside / "temporary").mkdir()
    os.environ["TMPDIR"] = str(args.inside / "temporary")
    counts = {name: images.QUICK[name] if args.quick else images.SETS[name][0] for name, _ in pairs}
    truths = {name: images.make(args.inside / "images", name, count) for name, count in counts.items()}
    with servers.nginx(args.inside) as ports:
        figures = rounds(World(args.inside, args.program, truths, *ports), pairs, args)
    command = "bench/speed.py" + (" --quick" if args.quick else f" --rounds {args.rounds}") + f" --only {args.only}" * bool(args.only)
    part = report.text(figures, command, args.program, {name: (found, images.digest(found)) for name, found in truths.items()}, load)
    print(part)
    if args.write:
        report.write(part, figures)


def main():
    args = arguments()
    if args.inside:
        return inside(args)
    install.tools()
    python, program = install.python(), install.program(args.program)
    from speed import servers
    # Ended from outside, it ends what it started and leaves nothing on the disk.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(servers.enter(Path(folder), [python, __file__, *sys.argv[1:], "--inside", folder, "--program", program]))


if __name__ == "__main__":
    main()
