"""Who takes part in bench/speed.py, and how each is run and checked."""
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import check
from .check import Wrong
from .images import STRIDE
from .servers import host

ONE_HOST = ["--allow-private", "--per-host", "64", "--concurrency", "64"]
NAMES = ["--allow-private"]
FIRST = 32_768
WRK = ["-t2", "-c64"]
H2LOAD = ["-t2", "-c2", "-m32"]
IMG2DATASET = dict(input_format="txt", output_format="dummy", resize_mode="no", disable_all_reencoding=True, compute_hash=None, processes_count=2,
                   thread_count=64, enable_wandb=False)
BOTH, WEB = ("web", "photo"), ("web",)


@dataclass
class World:
    """Where they run: files, what is in them, and the server's ports."""
    folder: Path
    program: Path
    truths: dict
    http: int
    https: int
    h2: int

    def number(self, name, row):
        return check.image_of(row, self.truths[name])

    def url(self, name, row):
        return f"http://127.0.0.1:{self.http}/{name}/{self.number(name, row)}.jpg?{row}"

    def named(self, name, row):
        return f"http://{host(row)}:{self.http}/{name}/{self.number(name, row)}.jpg?{row}"

    def secure(self, name, row):
        return f"https://127.0.0.1:{self.https}/{name}/{self.number(name, row)}.jpg?{row}"

    def http2(self, name, row):
        return f"https://127.0.0.1:{self.h2}/{name}/{self.number(name, row)}.jpg?{row}"

    def path(self, name, row):
        """A file for each row: links to the images, as equal paths would be one."""
        link = self.folder / "links" / name / f"{row}.jpg"
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(self.folder / "images" / name / f"{self.number(name, row)}.jpg", link)
        return str(link)

    def fresh(self, name):
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.folder / name


@dataclass
class Contestant:
    """`run` takes the world, the set's name, the rows and the least seconds, and gives rows a second."""
    name: str
    sets: tuple
    what: str
    run: Callable
    # Rows of the first attempt: there are more where they take less than `least` seconds.
    rows: int
    least: float = 2.0


def write_list(world, name, rows, where):
    path = world.folder / "list.txt"
    path.write_text("".join(f"{where(name, row)}\n" for row in range(rows)))
    return path


def timed(command, **options):
    """Seconds of a command with its start, and what it said; it must end well."""
    start = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900, **options)
    took = time.perf_counter() - start
    if ended.returncode:
        raise Wrong(f"it ended with {ended.returncode}: {ended.stderr[-2000:]}{ended.stdout[-2000:]}")
    return took, ended.stdout


def imgmeta(where, *flags):
    def run(world, name, rows, least):
        listed, output = write_list(world, name, rows, lambda *row: where(world, *row)), world.fresh("out")
        more = ["--ca-file", world.folder / "cert.pem"] if where in (World.secure, World.http2) else []
        took, _ = timed([world.program, "run", listed, "--output", output, *flags, *more, "--progress", "never"])
        check.records(output, rows, world.truths[name], *(["Sha256"] if "--full" in flags else []))
        if "--parquet" in flags:
            check.mirror(output, rows, world.truths[name])
        return rows, took
    return run


def lua(world, name, header):
    """Requests are made before the clock starts, so that Lua costs wrk next to nothing."""
    script = world.folder / "wrk.lua"
    script.write_text(f"""
local at, made = 0, {{}}
init = function()
  for n = 0, {len(world.truths[name]) - 1} do
    made[n + 1] = wrk.format("GET", "/{name}/" .. (n * {STRIDE} % {len(world.truths[name])}) .. ".jpg", {{{header}}})
  end
end
request = function()
  at = at % #made + 1
  return made[at]
end
done = function(summary, latency, requests)
  local failed = summary.errors
  print(string.format("figures %d %d %d %d", summary.requests, summary.duration, summary.bytes,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end""")
    return script


def wrk(scheme, first):
    def run(world, name, rows, least):
        script = lua(world, name, f'["Range"] = "bytes=0-{first - 1}"' if first else "")
        port = world.https if scheme == "https" else world.http
        _, said = timed(["wrk", *WRK, f"-d{max(1, round(least))}s", "-s", script, f"{scheme}://127.0.0.1:{port}"])
        requests, microseconds, size, failed = map(int, re.search(r"figures (\d+) (\d+) (\d+) (\d+)", said).groups())
        sizes = [min(first or truth.Bytes, truth.Bytes) for truth in world.truths[name]]
        # Headers are counted, too, and responses that were not over: the mean is only near that of the images.
        if failed or not 0.9 < size / requests / (sum(sizes) / len(sizes)) < 1.1:
            raise Wrong(f"{failed} of {requests} requests failed, and {size} bytes came")
        return requests, microseconds / 1e6
    return run


def h2load(world, name, rows, least):
    listed = write_list(world, name, rows, world.http2)
    _, said = timed(["h2load", *H2LOAD, "-n", str(rows), "-i", listed, "-H", f"range: bytes=0-{FIRST - 1}"])
    took, unit = re.search(r"finished in ([\d.]+)(ms|s|us)", said).groups()
    well = int(re.search(r"status codes: (\d+) 2xx", said).group(1))
    body = int(re.search(r"\((\d+)\) data", said).group(1))
    whole = sum(min(FIRST, world.truths[name][world.number(name, row)].Bytes) for row in range(rows))
    if "protocol: h2" not in said or well != rows or body != whole:
        raise Wrong(f"{well} of {rows} requests went well, and {body} of {whole} bytes came: {said}")
    return rows, float(took) * {"s": 1, "ms": 1e-3, "us": 1e-6}[unit]


def img2dataset(world, name, rows, least):
    """Its own clocks around the work are taken: starting it is not counted."""
    listed, output = write_list(world, name, rows, world.url), world.fresh("img2dataset")
    options = IMG2DATASET | {"number_sample_per_shard": -(-rows // 2), "output_folder": str(output)}
    timed([sys.executable, "-c", f"import img2dataset; img2dataset.download({str(listed)!r}, **{options!r})"], cwd=world.folder,
          env={**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"})
    stats = [json.loads(path.read_text()) for path in output.glob("*_stats.json")]
    if sum(each["successes"] for each in stats) != rows:
        raise Wrong(f"it has not read all of {rows} images: {stats}")
    return rows, max(each["end_time"] for each in stats) - min(each["start_time"] for each in stats)


def python(way, where):
    def run(world, name, rows, least):
        listed, found = write_list(world, name, rows, lambda *row: where(world, *row)), world.folder / "found.json"
        _, said = timed([sys.executable, Path(__file__).with_name("ways.py"), way, listed, found])
        answers, truths = json.loads(found.read_text()), world.truths[name]
        check.complete([check.row_of(url) for url, _ in answers], rows)
        if way == "read":
            answers = [(url, {"Bytes": length if length < 65_536 else truths[world.number(name, check.row_of(url))].Bytes}) for url, length in answers]
        if way == "decode":
            answers = [(url, dict(zip(("Width", "Height"), size))) for url, size in answers]
        check.others(answers, truths)
        return rows, float(said)
    return run


def exiftool(world, name, rows, least):
    folder = world.fresh("exiftool")
    folder.mkdir()
    rows = min(rows, len(world.truths[name]))
    for number in range(rows):
        os.link(world.folder / "images" / name / f"{number}.jpg", folder / f"{number}.jpg")
    took, said = timed(["exiftool", "-fast2", "-json", "-n", folder])
    names = {"FileType": "Format", "ImageWidth": "Width", "ImageHeight": "Height", "Make": "Make", "Model": "Model", "FileSize": "Bytes",
             "DateTimeOriginal": "DateTimeOriginal"}
    answers = [(each["SourceFile"], {ours: each[theirs] for theirs, ours in names.items()} | {
        "Latitude": each.get("GPSLatitude"), "Longitude": each.get("GPSLongitude")}) for each in json.loads(said)]
    check.complete([check.row_of(path) for path, _ in answers], rows)
    check.others(answers, world.truths[name], lambda number, _: number)
    return rows, took


def flags(*given):
    return f"`imgmeta run {' '.join(given)}`"


FULL = [*ONE_HOST, "--full"]
RANGE = f"range 0-{FIRST - 1}"
# In the order in which they run: who is compared runs next to each other.
CONTESTANTS = [
    Contestant("wrk-whole", BOTH, f"`wrk {' '.join(WRK)}`, whole images", wrk("http", None), 0, 4),
    Contestant("full", BOTH, flags(*FULL), imgmeta(World.url, *FULL), 20, 3),
    Contestant("decode", BOTH, "Pillow decodes local files in two processes", python("decode", World.path), 20),
    Contestant("full-local", BOTH, flags("--full") + " over local files", imgmeta(World.path, "--full"), 20, 3),
    Contestant("wrk-range", BOTH, f"`wrk {' '.join(WRK)}`, {RANGE}", wrk("http", FIRST), 0, 4),
    Contestant("run", BOTH, flags(*ONE_HOST), imgmeta(World.url, *ONE_HOST), 60_000, 3),
    Contestant("parquet", BOTH, flags(*ONE_HOST, "--parquet"), imgmeta(World.url, *ONE_HOST, "--parquet"), 60_000, 3),
    Contestant("names", BOTH, flags(*NAMES) + " over 1,000 names", imgmeta(World.named, *NAMES), 60_000, 3),
    Contestant("img2dataset", BOTH, "img2dataset, 2 processes of 64 threads, nothing encoded or written", img2dataset, 1000, 2),
    Contestant("original", BOTH, "requests, Pillow, piexif, one after the other", python("original", World.url), 200, 2),
    Contestant("original-32", BOTH, "the same in 32 threads", python("original-32", World.url), 200, 2),
    Contestant("wrk-https", WEB, f"`wrk {' '.join(WRK)}`, TLS 1.3, {RANGE}", wrk("https", FIRST), 0, 4),
    Contestant("https", WEB, flags(*ONE_HOST, "--ca-file") + " over TLS 1.3", imgmeta(World.secure, *ONE_HOST), 40_000, 3),
    Contestant("h2load", WEB, f"`h2load {' '.join(H2LOAD)}`, HTTP/2, {RANGE}", h2load, 20_000, 3),
    Contestant("h2", WEB, flags(*ONE_HOST, "--ca-file") + " over HTTP/2", imgmeta(World.http2, *ONE_HOST), 40_000, 3),
    Contestant("read", BOTH, "the first 64 KiB of local files, two Python processes", python("read", World.path), 60_000),
    Contestant("local", BOTH, "`imgmeta run` over local files", imgmeta(World.path), 60_000, 3),
    Contestant("pillow", BOTH, "Pillow and piexif over local files, one process", python("pillow", World.path), 1000),
    Contestant("exiftool", BOTH, "`exiftool -fast2 -json -n` over a folder", exiftool, 400, 2),
]
