"""The tables of bench/wan.py, and where they go."""
import datetime
import statistics

from speed.images import digest
from speed.page import machine, version

from .cases import RATE, WAN
from .trips import WINDOW
from .world import HOSTS

WANTED = 1.1


def table(*rows):
    head, *rest = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [head, "| " + " | ".join(["---"] * len(rows[0])) + " |", *rest, ""]


def middle(runs):
    """The run of the median time."""
    return sorted(runs, key=lambda found: found.took)[(len(runs) - 1) // 2]


def spread(values, form="{:.2f}"):
    values = sorted(values)
    return f"{form.format(statistics.median(values))} ({form.format(values[0])} to {form.format(values[-1])})"


def verdict(case, runs):
    if not case.wanted:
        return ""
    met = statistics.median(found.ratio() for found in runs) <= WANTED
    return f"at most {WANTED}: {'met' if met else '**missed**'}"


def times(figures):
    return table(
        ("case", "what it is", "rows", "least, s", "took, s", "of the least", "of the least and the loss", "wanted"),
        *((case.name, case.what, f"{runs[0].rows:,}", f"{statistics.median(found.least.total() for found in runs):.2f}",
           spread([found.took for found in runs]), spread([found.ratio() for found in runs]),
           "" if case.by_bytes else f"{statistics.median(found.took / (found.least.total() + found.least.loss) for found in runs):.2f}",
           verdict(case, runs)) for case, runs in figures.items()))


def share(number, seconds):
    return f"{seconds:.2f} s" if number is None else f"{number:,}: {seconds:.2f} s"


def arithmetic(figures):
    """Parts of the least, a column for each case."""
    columns = [(case.name, middle(runs).least) for case, runs in figures.items() if not case.by_bytes]
    if not columns:
        return []
    parts = zip(*(least.parts for _, least in columns))
    return table(("round trips: seconds", *(name for name, _ in columns)),
                 *((same[0][0], *(share(number, seconds) for _, number, seconds in same)) for same in parts),
                 ("the least", *(f"{least.total():.2f} s" for _, least in columns)),
                 ("loss, as is to be expected", *(f"{least.loss:.2f} s" for _, least in columns)))


def made_of(case, found):
    """What a run took beyond the least, as nginx's log tells: the round trips of all images, divided by those in flight."""
    each = case.way.round_trip / found.in_flight
    connects = (found.seen.connections - min(found.rows, HOSTS)) * (2 if case.secure else 1)
    windows = found.seen.opening + found.seen.reopening - found.seen.least_opening
    return (case.name, f"{found.seen.requests:,}", f"{found.seen.connections:,}", f"{found.seen.needed:,}", share(connects, connects * each),
            share(windows, windows * each), f"{found.lost:,}, {found.again:,}", f"{found.in_flight:.0f}", f"{found.late * 1000:.2f}",
            ", ".join(f"{seconds:.1f}" for seconds in found.seconds))


def beyond(figures):
    return table(("case", "requests", "connections", "of them needed", "round trips for those beyond one a host", "for windows beyond the least",
                  "packets lost, sent again", "images in flight", "too late, ms", "CPU of imgmeta, nginx, the way, s"),
                 *(made_of(case, middle(runs)) for case, runs in figures.items()))


def bandwidth(figures):
    rows = [(case, middle(runs)) for case, runs in figures.items() if case.by_bytes]
    return [f"Of `{case.name}`, whose least is the time of nginx's bytes alone: {found.seen.bytes / 1e6:,.1f} MB are {found.least.total():.2f} s at "
            f"100 Mbit/s. With the headers of TCP and IP and what was sent again, {found.wire / 1e6:,.1f} MB left the interface: "
            f"{found.wire * 8 / RATE:.2f} s, of which the run took {found.took * RATE / 8 / found.wire:.3f}.\n" for case, found in rows]


def text(figures, command, program, truths, load):
    """The part of the page, without the markers."""
    short = ["A short run, to try it: its figures mean little."] if "--quick" in command else []
    size = sum(truth.Bytes for truth in truths) / len(truths) / 1000
    return "\n".join([
        f"`{command}`, {datetime.date.today()}: {machine()}, which nginx, the way and the program share; load {load} when it began. "
        f"{version(program)}.", *short, "",
        f"{HOSTS:,} hosts with an address each behind one nginx, in a network of its own, {WAN.round_trip * 1000:.0f} ms away there and back, and "
        f"{WAN.loss * 100:g} % of the packets", "lost in each direction; rows name the hosts in turn, and "
        f"{len(truths)} JPEGs of {size:.0f} KB (digest {digest(truths)}). Servers have Reno and a first",
        f"window of ten packets ({WINDOW:,} bytes). Times are medians with the lowest and the highest; the other tables are of the median run. "
        "Every answer was checked.", "",
        *times(figures),
        "The least is the sum of round trips that nobody can do without, times 80 ms, divided by the images that may be in flight, 256 by default:", "", *arithmetic(figures),
        "Where the rest went. Needed are the connections of one who keeps all of them and asks a host as often at once. A window is beyond the least where",
        "a response is longer than what its connection may send at once, which is ten packets again after a pause of 280 ms:", "", *beyond(figures),
        *bandwidth(figures)]).rstrip()
