#!/usr/bin/env python3
"""The time of a run over a long way, beside the least that round trips, places and bandwidth allow, with every answer checked.

    bench/wan.py [--rounds N] [--only NAME,...] [--quick] [--write] [--program PATH]

Makes two networks (unshare, ip, tc) with a way of 80 ms there and back between them that loses one packet in a thousand in each
direction, a thousand hosts behind nginx in one of them and the program in the other; nothing leaves this machine. Reckons from nginx's
log how many round trips nobody can do without, and where the others came from. Installs nginx, openssl, cc and the tools with apt-get
where they are missing and this may be done. NAME is a case: http, https, wide, one or rate. A wrong or missing answer ends it with 1.
With --write the tables go into docs/performance.md.
"""
import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from speed import install

TOOLS = ("nginx", "openssl", "unshare", "setpriv", "nsenter", "ip", "tc", "cc")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="NAME,...", help="some of the cases")
    parser.add_argument("--quick", action="store_true", help="few rows and one round, to try it")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    parser.add_argument("--program", type=Path, help="the imgmeta to measure (default: build it)")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen(only):
    from wan.cases import CASES
    wanted = set(filter(None, only.split(",")))
    unknown = wanted - {each.name for each in CASES}
    if unknown:
        sys.exit(f"error: no case is called {', '.join(sorted(unknown))}; there are {', '.join(each.name for each in CASES)}")
    return [each for each in CASES if not wanted or each.name in wanted]


def inside(args):
    from speed import images
    from speed.check import Wrong
    from speed.page import put
    from wan import cases, report, world
    load = f"{os.getloadavg()[0]:.1f}"
    some = chosen(args.only)
    world.prepare(args.inside)
    truths = images.make(args.inside / "images", "web", cases.IMAGES)
    figures = {}
    try:
        alone = cases.alone(args.inside, args.program, truths)
        for turn in range(1 if args.quick else args.rounds):
            for each in some:
                found = cases.measure(args.inside, args.program, truths, each, each.rows // (20 if args.quick else 1), turn, alone)
                figures.setdefault(each, []).append(found)
                print(f"round {turn + 1}: {each.name}: {found.took:.2f} s, {found.ratio():.2f} of the least", file=sys.stderr, flush=True)
    except Wrong as wrong:
        sys.exit(f"error: {wrong}")
    command = "bench/wan.py" + (" --quick" if args.quick else f" --rounds {args.rounds}") + f" --only {args.only}" * bool(args.only)
    part = report.text(figures, command, args.program, truths, load)
    print(part)
    if args.write:
        put("bench/wan", "A long way", part)


def main():
    args = arguments()
    if args.inside:
        return inside(args)
    install.tools(*TOOLS)
    python, program = install.python(), install.program(args.program)
    from wan import world
    # Ended from outside, it ends what it started and leaves nothing on the disk.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as folder:
        command = [python, Path(__file__).resolve(), *sys.argv[1:], "--inside", folder, "--program", program]
        sys.exit(world.enter(Path(folder), command))


if __name__ == "__main__":
    main()
