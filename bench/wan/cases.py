"""What bench/wan.py measures, and how a case is run and checked."""
import re
import resource
import shutil
from dataclasses import dataclass, replace

import orjson

from speed import check
from speed.check import Wrong
from speed.contestants import timed

from . import trips, world
from .world import Way

# A prime, so that each host has all of them.
IMAGES = 397
RATE = 100e6
WAN = Way(0.08, 0.001)


@dataclass(frozen=True)
class Case:
    name: str
    what: str
    way: Way
    rows: int
    secure: bool = False
    flags: tuple = ()
    # Whether the least time is that of the bytes, and whether the figure is one that is wanted.
    by_bytes: bool = False
    wanted: bool = True


# In the order in which they run. Those of which nothing is wanted say what the time of the others is made of.
CASES = [
    Case("http", "`imgmeta run --allow-private`", WAN, 40_000),
    Case("https", "the same with `--ca-file`, TLS 1.3", WAN, 40_000, secure=True),
    Case("wide", "the first, servers beginning with 40 packets", replace(WAN, window=40), 40_000, wanted=False),
    Case("one", "the same with `--per-host 1`", replace(WAN, window=40), 40_000, flags=("--per-host", "1"), wanted=False),
    Case("rate", "the first at 100 Mbit/s", replace(WAN, rate="100mbit"), 20_000, by_bytes=True),
]


@dataclass
class Found:
    """A run: its time, and what it is made of."""
    rows: int
    took: float
    least: trips.Least
    seen: trips.Seen
    # Images in flight on average.
    in_flight: float
    # Packets that were lost on the way, and those sent again.
    lost: int
    again: int
    # Bytes that left the servers, headers of IP included, as tc counts them.
    wire: int
    # By how much each packet was too late on average, both directions together.
    late: float
    # CPU of imgmeta, nginx and the way.
    seconds: tuple

    def ratio(self):
        return self.took / self.least.total()


def concurrency(program):
    """The default: images in flight."""
    _, said = timed([program, "run", "--help"])
    return int(re.search(r"--concurrency.*?default: (\d+)", said, re.DOTALL).group(1))


def run(folder, program, truths, case, rows, seed):
    """Runs a case; gives the time, the CPU and the world that was."""
    listed, output, scheme = folder / "list.txt", folder / "out", "https" if case.secure else "http"
    listed.write_text("".join(f"{scheme}://{world.host(row)}/web/{check.image_of(row, truths)}.jpg?{row}\n" for row in range(rows)))
    shutil.rmtree(output, ignore_errors=True)
    more = ["--ca-file", folder / "cert.pem"] if case.secure else []
    with world.networks(folder, case.way, seed) as around:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        took, _ = timed([program, "run", listed, "--output", output, "--allow-private", *case.flags, *more, "--progress", "never"])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        around.note()
    check.records(output, rows, truths)
    if around.dropped or any(each["refused"] for each in around.told.values()):
        raise Wrong(f"the way dropped packets that it should not have: {around.dropped}, {around.told}")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, around


def alone(folder, program, truths):
    """Seconds of a run over one row and no loss, less its round trips: starting, and ending. The best of three."""
    case = Case("alone", "", replace(WAN, loss=0), 1)
    # To connect, to ask, and as many as its response takes.
    took = [run(folder, program, truths, case, 1, seed)[0] for seed in range(3)]
    seen = trips.read(folder / "access.log", case.way, False)
    return min(took) - (2 + seen.opening) * case.way.round_trip


def measure(folder, program, truths, case, rows, seed, starting):
    took, cpu, around = run(folder, program, truths, case, rows, seed)
    seen = trips.read(folder / "access.log", case.way, case.secure)
    places = concurrency(program)
    least = trips.by_bytes(seen, RATE) if case.by_bytes else trips.by_places(rows, seen, case, starting, places)
    busy = sum(orjson.loads(line)["Fetch"]["Millis"] for part in (folder / "out/success_output").glob("part-*.json") for line in part.open("rb"))
    return Found(rows, took, least, seen, busy / 1000 / took, sum(each["lost"] for each in around.told.values()), around.again, around.wire,
                 sum(each["late"] for each in around.told.values()), (cpu, *around.seconds))
