#!/usr/bin/env python3
"""Where the processor's work for an image goes: instructions by phase, as valgrind counts them.

bench/phases.py [--rows N] [--program PATH ...]

nginx on a free loopback port serves the images of bench/speed.py ("web"); each program reads the same list under callgrind, with the
mirror on. Printed are thousands of instructions a row of each. A function's instructions are counted with those of all that it calls,
but for SHA-256: the processor has instructions for it, which valgrind has not. What a phase is made of stands in PHASES; a
program whose functions have other names needs its own. Needs nginx, openssl and valgrind, and the program's symbols.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from speed.install import PROGRAM, python, tools
from speed.servers import nginx

# Phase: its functions, of which none calls another.
PHASES = {
    "list": ["<imgmeta_ingest::block::Parsed as core::iter::traits::iterator::Iterator>::next", "imgmeta_ingest::cut::Cutter::next"],
    "URL, host and place in the queue": ["imgmeta_extract::fetch::running::Running::add", "imgmeta_extract::fetch::running::Running::start"],
    "HTTP": ["imgmeta_extract::fetch::http::request::<impl imgmeta_extract::fetch::http::client::Client>::get::{{closure}}",
             "imgmeta_extract::fetch::http::body::Body::next::{{closure}}"],
    "format and header": ["imgmeta_extract::reading::Reading::step"],
    "of it EXIF to values": ["imgmeta_extract::probe::block", "imgmeta_extract::exif::facts"],
    "JSON": ["imgmeta_record::json::write_line"],
    "Parquet": ["imgmeta_sink::mirror::column::Column::append_field", "parquet::arrow::arrow_writer::ArrowRowGroupWriter::write",
                "parquet::arrow::arrow_writer::ArrowWriter<W>::flush"],
}
SHA = "sha2::sha256::compress256"


def count(folder, program, listed):
    """Instructions of all, and of each function with what it calls."""
    found = folder / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={found}", program, "run", listed, "--output", folder / "out", "--parquet",
               "--allow-private", "--per-host", "64", "--concurrency", "64", "--progress", "never"]
    subprocess.run(command, check=True, capture_output=True)
    shown = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", found], check=True, capture_output=True, text=True).stdout
    lines = re.findall(r"^ *([\d,]+) \([^)]*\)  \S*?:(.+?)(?:'\d+)? \[", shown, re.M)
    total = int(re.search(r"^([\d,]+) .*PROGRAM TOTALS", shown, re.M).group(1).replace(",", ""))
    inclusive = {}
    for instructions, name in lines:
        inclusive[name] = max(inclusive.get(name, 0), int(instructions.replace(",", "")))
    return total, inclusive


def phases(total, inclusive, rows):
    """Thousands of instructions a row of each phase, and of what is left."""
    found = {phase: sum(inclusive.get(name, 0) for name in names) / rows / 1e3 for phase, names in PHASES.items()}
    total = (total - inclusive[SHA]) / rows / 1e3
    rest = total - sum(count for phase, count in found.items() if not phase.startswith("of it "))
    return {**found, "tasks, timers, channels, memory that is given back, and all else": rest, "all": total}


def inside(args):
    """In the environment that has what makes the images."""
    from speed import images
    folder = args.inside
    truths = images.make(folder / "images", "web", 500)
    with nginx(folder) as (port, *_):
        listed = folder / "list.txt"
        listed.write_text("".join(f"http://127.0.0.1:{port}/web/{row % len(truths)}.jpg?{row}\n" for row in range(args.rows)))
        programs = [path.resolve() for path in args.program or [PROGRAM]]
        tables = [phases(*count(Path(tempfile.mkdtemp(dir=folder)), program, listed), args.rows) for program in programs]
    print("| phase |" + "".join(f" {program.name} |" for program in programs) + "\n| --- |" + " --- |" * len(programs))
    for phase in tables[0]:
        print(f"| {phase} |" + "".join(f" {table[phase]:.1f} |" for table in tables))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--program", type=Path, action="append", help="may be given several times (default: target/release/imgmeta)")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        return inside(args)
    tools("nginx", "openssl", "valgrind")
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(subprocess.run([python(), __file__, *sys.argv[1:], "--inside", folder]).returncode)


if __name__ == "__main__":
    main()
