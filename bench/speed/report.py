"""The tables and the chart of bench/speed.py, and where they go."""
import datetime
import importlib.metadata
import math
import re
import statistics

from .contestants import CONTESTANTS
from .install import ROOT
from .page import first_line, machine, put, version

CHART = ROOT / "docs/speed.svg"
# Who is compared with whom (the slowest of these), and the least ratio that is wanted.
RATIOS = [
    ("run", ("wrk-range",), 0.7), ("parquet", ("wrk-range",), 0.55), ("names", ("run",), 0.8), ("full", ("wrk-whole", "decode"), 0.9),
    ("full", ("wrk-whole", "full-local"), None), ("run", ("img2dataset",), 25), ("run", ("original",), 50), ("run", ("original-32",), None),
    ("https", ("wrk-https",), None), ("h2", ("h2load",), None), ("local", ("read",), 0.7), ("local", ("pillow",), 4), ("local", ("exiftool",), 200),
]


def rates(figures, name, who):
    """Rows a second of each round, if it ran."""
    return figures.get((name, who), [])


def number(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def ratio_rows(figures):
    for name in ("web", "photo"):
        for who, beside, wanted in RATIOS:
            columns = [rates(figures, name, each) for each in (who, *beside)]
            if not all(columns):
                continue
            found = sorted(ours / min(theirs) for ours, *theirs in zip(*columns))
            middle = statistics.median(found)
            verdict = "" if wanted is None else f"at least {wanted:g}: {'met' if middle >= wanted else '**missed**'}"
            other = beside[0] if len(beside) == 1 else f"the lower of {' and '.join(beside)}"
            yield f"| {name} | {who} / {other} | {number(middle)} | {number(found[0])} to {number(found[-1])} | {verdict} |"


def rate_rows(figures):
    for name in ("web", "photo"):
        for each in CONTESTANTS:
            found = rates(figures, name, each.name)
            if found:
                spread = f"{number(min(found))} to {number(max(found))}"
                yield f"| {name} | {each.name} | {each.what} | {number(statistics.median(found))} | {spread} |"


def versions(program):
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("img2dataset", "requests", "pillow", "piexif"))
    find = lambda pattern, *command: re.search(pattern, first_line(*command)).group(0)
    return (f"{version(program)}, {find(r'nginx/[0-9.]+', 'nginx', '-v').replace('/', ' ')}, "
            f"wrk {find(r'[0-9][0-9.]+', 'wrk', '-v')}, {find(r'h2load nghttp2/[0-9.]+', 'h2load', '--version')}, exiftool {first_line('exiftool', '-ver')}, "
            f"{find(r'OpenSSL [0-9.]+', 'openssl', 'version')}, {first_line('python3', '--version')}, {packages}")


def text(figures, command, program, sets, load):
    """The part of the page, without the markers."""
    short = ["A short run, to try it: its figures mean little."] if "--quick" in command else []
    images = [f"- {name}: {len(truths):,} JPEGs of {sum(truth.Bytes for truth in truths) / len(truths) / 1000:,.0f} KB; digest of all of them {mark}"
              for name, (truths, mark) in sets.items()]
    return "\n".join([
        f"`{command}`, {datetime.date.today()}: {machine()}, which nginx and all others share; load {load} when it began. {versions(program)}.", *short, "",
        "Contestants ran in turn in each round. Figures are medians of the rounds, with the lowest and the highest; a ratio is one of a round. Starting is part",
        "of the time of imgmeta and exiftool, and not of the others'. Every answer was compared with what was put into the images:", "", *images, "",
        "| images | rows a second of | ratio | spread | wanted |", "| --- | --- | --- | --- | --- |", *ratio_rows(figures), "",
        "![Images a second of imgmeta and its neighbours](speed.svg)", "",
        "| images | contestant | what it is | rows/s | spread |", "| --- | --- | --- | --- | --- |", *rate_rows(figures)])


def chart(figures, path):
    """Bars of all medians, with their spread; greys and colours that are seen on white and on black."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    grey = "#808488"
    pyplot.rcParams.update({"svg.hashsalt": "speed", "svg.fonttype": "none", "font.family": "sans-serif", "text.color": grey, "axes.labelcolor": grey,
                            "axes.edgecolor": grey, "xtick.color": grey, "ytick.color": grey})
    sets = [name for name in ("web", "photo") if any(key[0] == name for key in figures)]
    drawn, axes = pyplot.subplots(1, len(sets), figsize=(6 * len(sets), 6), squeeze=False, layout="constrained")
    for axis, name in zip(axes[0], sets):
        bars = [each for each in reversed(CONTESTANTS) if rates(figures, name, each.name)]
        found = [rates(figures, name, each.name) for each in bars]
        middle = [statistics.median(each) for each in found]
        spread = [[m - min(each) for m, each in zip(middle, found)], [max(each) - m for m, each in zip(middle, found)]]
        colours = ["#2f81f7" if "imgmeta" in each.what else "#b08030" for each in bars]
        axis.barh([each.name for each in bars], middle, xerr=spread, color=colours, ecolor=grey)
        # From a whole power of ten on, so that the shortest bar is seen.
        axis.set(xscale="log", xlim=(10 ** math.floor(math.log10(min(middle) / 1.5)), None), xlabel="images a second (log scale)", title=f"{name} images")
        axis.grid(axis="x", color=grey, alpha=0.3)
        axis.set_axisbelow(True)
    drawn.supylabel("contestant (blue: imgmeta)")
    drawn.savefig(path, transparent=True, metadata={"Date": None})
    pyplot.close(drawn)


def write(part, figures):
    """The part goes into the page, and the chart beside it."""
    put("bench/speed", "Beside its neighbours", part)
    chart(figures, CHART)
