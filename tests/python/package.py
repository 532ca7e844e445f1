"""Tests of the installed package `imgmeta`: each function whose name begins with `test_` is one.

    package.py IMAGES MIRRORED PLAIN

IMAGES is a folder of images and other files; MIRRORED a finished run over them with `--parquet` and all columns kept, PLAIN
the same without, and with its JSON compressed.
"""

import doctest
import gc
import http.server
import json
import os
import pathlib
import pickle
import re
import signal
import subprocess
import sys
import threading
import time

import imgmeta
import imgmeta._binary
import imgmeta._errors
import imgmeta._extract
import imgmeta._options
import imgmeta._read
import pandas
import polars
import pyarrow as pa

IMAGES, MIRRORED, PLAIN = (pathlib.Path(given) for given in sys.argv[1:])
PHOTO = IMAGES / "all-directories.jpg"


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for name, test in tests:
        test()
        gc.collect()
        assert not workers(), f"{name} left a worker"
        left = [thread.name for thread in threading.enumerate() if thread.name.startswith("imgmeta")]
        assert not left, f"{name} left {left}"
        print("passed", name.removeprefix("test_"), flush=True)


# Images at hand


def test_inspect_says_what_the_command_says():
    for flags, options in [
        ([], {}),
        (["--exif-keys=ids", "--exif-encoding=shift_jis"], {"exif_keys": "ids", "exif_encoding": "shift_jis"}),
        (
            ["--xmp", "--iptc", "--maker-notes", "--thumbnails"],
            {"xmp": True, "iptc": True, "maker_notes": True, "thumbnails": True},
        ),
    ]:
        lines = printed(flags)
        assert sum("Format" in line for line in lines) > 100 and sum("Error" in line for line in lines) > 10
        for line in lines:
            agrees(line, options)


def printed(flags):
    paths = sorted(str(path) for path in IMAGES.rglob("*") if path.is_file())
    command = ["imgmeta", "inspect", "--json", *flags, *paths]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    lines = [json.loads(line) for line in said.decode().split("\n") if line]
    assert [line["URL"] for line in lines] == paths
    return lines


def agrees(line, options):
    path = pathlib.Path(line["URL"])
    if "Error" in line:
        for given, url in [(path, str(path)), (path.read_bytes(), "")]:
            error = raised(imgmeta.ImageError, imgmeta.inspect, given, **options)
            found = (error.args[0], error.kind, error.phase, error.url)
            assert found == (line["Error"], line["Kind"], line["Phase"], url), f"{line}: {found}"
        return
    of_path, of_bytes = imgmeta.inspect(path, **options), imgmeta.inspect(path.read_bytes(), **options)
    of_path["Fetch"]["Millis"] = line["Fetch"]["Millis"]
    # As text: types and the order of keys are the same, too.
    assert json.dumps(of_path) == json.dumps(line), f"{path}\n{of_path}\n{line}"
    assert not any(of_bytes.pop("Fetch").values()) and of_bytes.pop("URL") == ""
    del line["Fetch"], line["URL"]
    assert json.dumps(of_bytes) == json.dumps(line), f"{path}\n{of_bytes}\n{line}"


def test_inspect_takes_whatever_is_bytes_or_a_path():
    image = PHOTO.read_bytes()
    expected = imgmeta.inspect(image)
    for given in [bytearray(image), memoryview(image), memoryview(bytearray(image))]:
        assert imgmeta.inspect(given) == expected
    assert imgmeta.inspect(str(PHOTO))["URL"] == str(PHOTO)
    for wrong, error in [(5, TypeError), (None, TypeError), ("https://example.org/a.jpg", ValueError)]:
        raised(error, imgmeta.inspect, wrong)
    raised(ValueError, imgmeta.inspect, image, exif_keys="numbers")
    raised(ValueError, imgmeta.inspect, image, exif_encoding="klingon")


def test_an_error_of_an_image_says_what_where_and_can_be_sent_to_another_process():
    error = raised(imgmeta.ImageError, imgmeta.inspect, "/no/such.jpg")
    assert (error.kind, error.phase, error.url) == ("not_found", "request", "/no/such.jpg")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.kind == error.kind


def test_other_threads_go_on_while_an_image_is_read():
    # Fill bytes are passed over one by one: half a second in which the reader has no use for the interpreter.
    image = b"\xff\xd8".ljust(200_000_000, b"\xff")
    found = []
    reader = threading.Thread(target=lambda: found.append(raised(imgmeta.ImageError, imgmeta.inspect, image)))
    started, ticks = time.monotonic(), 0
    reader.start()
    while reader.is_alive():
        time.sleep(0.001)
        ticks += 1
    # One that had to wait for the reader would come to two or three, and this one comes to hundreds.
    assert found and ticks >= 20, f"{ticks} ticks in {time.monotonic() - started:.3f} s, {found}"


# Images by URL


def test_every_source_gives_one_outcome_a_row_and_carries_the_other_columns():
    columns = {"id": [1, 2, 3], "url": [str(PHOTO), "/no/such.jpg", None]}
    table = pa.table(columns)
    for source in [
        table,
        table.to_batches()[0],
        table.to_reader(),
        pandas.DataFrame(columns),
        pandas.DataFrame(columns, index=["a", "b", "c"]),
        polars.DataFrame(columns),
    ]:
        found = sorted(imgmeta.extract(source).to_table().to_pylist(), key=lambda row: row["id"])
        assert [row["id"] for row in found] == [1, 2, 3]
        assert [row["Success"] for row in found] == [True, False, False]
        assert [row["Kind"] for row in found] == [None, "not_found", "bad_row"]
        assert dict(found[0]["EXIF"]["0th"])["Make"] == "Maker"


def test_urls_alone_are_a_source():
    urls = [str(PHOTO)] * 600
    series = [pandas.Series(urls), polars.Series(urls), pa.array(urls)]
    for source in [urls, tuple(urls), iter(urls), [PHOTO] * 600, *series]:
        batches = list(imgmeta.extract(source))
        assert sum(batch.num_rows for batch in batches) == 600
    assert imgmeta.extract([]).to_table().num_rows == 0
    for wrong in ["https://example.org/a.jpg", b"", 5, {"url": []}]:
        raised(TypeError, imgmeta.extract, wrong)


def test_frames_come_out():
    frame = imgmeta.extract(pandas.DataFrame({"photo": [str(PHOTO)], "id": [7]}), url_column="photo").to_pandas()
    assert isinstance(frame, pandas.DataFrame) and frame["Width"].tolist() == [16] and frame["id"].tolist() == [7]
    frame = imgmeta.extract(polars.DataFrame({"photo": [str(PHOTO)], "id": [7]}), url_column="photo").to_polars()
    assert isinstance(frame, polars.DataFrame) and frame["Size"].to_list() == [[16, 12]] and frame["id"].to_list() == [7]
    kept = imgmeta.extract(pa.table({"url": [str(PHOTO)], "Width": [7]}), keep_columns="all")
    assert kept.to_table().column("Extra").to_pylist() == [[("Width", "7")]]


def test_the_web_is_read_with_the_options_that_were_given():
    with Web() as web:
        found = imgmeta.extract([web.url("a.jpg")], allow_private=True, header=["X-Test: 1", "X-More: 2"], retries=0)
        assert found.to_table().column("Format").to_pylist() == ["JPEG"]
        assert (web.headers["X-Test"], web.headers["X-More"]) == ("1", "2")
        refused = imgmeta.extract([web.url("a.jpg")]).to_table()
        assert refused.column("Kind").to_pylist() == ["blocked_address"]


def test_every_flag_of_the_worker_is_an_option():
    said = subprocess.run(["imgmeta", "worker", "--help"], capture_output=True, text=True, check=True).stdout
    flags = set(re.findall(r"^ +(?:-h, )?--([a-z-]+)", said, re.MULTILINE))
    options = {name.replace("_", "-") for name in imgmeta.Options.__annotations__}
    assert flags == options | {"url-column", "keep-columns", "help"}, flags ^ options


def test_an_option_that_is_none_is_told_before_anything_is_read():
    assert "there is no option `concurency`" in str(raised(TypeError, imgmeta.extract, [], concurency=1))
    raised(TypeError, imgmeta.extract, [], timeout=True)
    raised(TypeError, imgmeta.extract, [], xmp="yes")


def test_what_the_program_cannot_do_is_an_exception_with_its_words():
    # Jupyter has this in the environment of all that it runs.
    os.environ["CLICOLOR_FORCE"] = "1"
    error = raised(imgmeta.WorkerError, imgmeta.extract([PHOTO], concurrency="many").to_table)
    del os.environ["CLICOLOR_FORCE"]
    assert error.code == 2 and "--concurrency" in error.stderr and "\x1b" not in error.stderr
    error = raised(imgmeta.WorkerError, imgmeta.extract(pa.table({"a": ["x"], "b": ["y"]})).to_table)
    assert error.code == 1 and "--url-column" in str(error)


def test_what_the_source_raises_comes_out():
    def broken():
        yield str(PHOTO)
        raise ConnectionError("the database is gone")

    outcomes = imgmeta.extract(broken())
    assert "the database is gone" in str(raised(ConnectionError, outcomes.to_table))
    raised(StopIteration, next, outcomes)


def test_who_stops_early_leaves_nothing_behind():
    for end in ["close", "with", "forget"]:
        outcomes = imgmeta.extract(endless())
        next(outcomes)
        assert len(workers()) == 1
        if end == "close":
            outcomes.close()
        elif end == "with":
            with outcomes:
                next(outcomes)
        del outcomes
        assert not workers(), end


def test_a_reader_who_waits_stops_the_source():
    taken = []

    def urls():
        for url in endless():
            taken.append(None)
            yield url

    with imgmeta.extract(urls()) as outcomes:
        next(outcomes)
        time.sleep(1)
        before = len(taken)
        time.sleep(1)
        assert before == len(taken) < 200_000, f"{before} and then {len(taken)} were taken"


def test_ctrl_c_ends_both_at_once():
    for wait in ["for batch in outcomes: pass", "next(outcomes)"]:
        with Web(slow=True) as web:
            source = f"itertools.repeat({str(PHOTO)!r})" if wait.startswith("for") else f"[{web.url('slow.jpg')!r}]"
            script = f"""
import imgmeta, itertools
outcomes = imgmeta.extract({source}, allow_private=True)
outcomes.schema
print(outcomes._worker._process.pid, flush=True)
try:
    {wait}
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
            python = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
            worker = int(python.stdout.readline())
            time.sleep(0.5)
            started = time.monotonic()
            python.send_signal(signal.SIGINT)
            said, _ = python.communicate(timeout=20)
            assert said == "stopped\n" and python.returncode == 0, said
            assert time.monotonic() - started < 5 and not is_running(worker)


def test_the_worker_of_a_process_that_was_killed_ends():
    script = f"""
import imgmeta, time
outcomes = imgmeta.extract([{str(PHOTO)!r}] * 9_999_999)
print(outcomes._worker._process.pid, flush=True)
next(outcomes)
time.sleep(60)
"""
    python = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    worker = int(python.stdout.readline())
    time.sleep(0.5)
    python.kill()
    python.communicate()
    ends = time.monotonic() + 20
    while is_running(worker):
        assert time.monotonic() < ends, "it still runs"
        time.sleep(0.05)


def test_progress_is_a_bar_of_tqdm_that_ends_with_the_program():
    assert imgmeta.extract([PHOTO] * 3, progress=True).to_table().num_rows == 3
    outcomes = imgmeta.extract(endless(), progress=True)
    bar = outcomes._bar
    bar.update = interrupted
    raised(KeyboardInterrupt, next, outcomes)
    assert not workers() and bar.disable, "a bar that is closed is disabled"
    sys.modules["tqdm.auto"] = None
    try:
        assert "pip install" in str(raised(ImportError, imgmeta.extract, [PHOTO], progress=True))
    finally:
        del sys.modules["tqdm.auto"]


# Runs


def test_a_finished_run_is_two_tables_with_a_mirror_and_without():
    mirrored, plain = imgmeta.read(MIRRORED), imgmeta.read(str(PLAIN))
    for rows in ["success", "failure"]:
        one, other = (getattr(run, rows).sort_by("Row") for run in (mirrored, plain))
        expected = lines(rows)
        for table in (one, other):
            assert table.column("URL").to_pylist() == [line["URL"] for line in expected] != []
            assert table.column("Row").to_pylist() == [line["Row"] for line in expected]
        extra = [dict(row) for row in one.column("Extra").to_pylist()]
        assert extra == other.column("Extra").to_pylist() == [line["Extra"] for line in expected]
    assert mirrored.success is mirrored.success
    sizes = [line["Size"] for line in lines("success")]
    assert all(run.success.sort_by("Row").column("Size").to_pylist() == sizes for run in (mirrored, plain))


def lines(rows):
    found = []
    for part in sorted((MIRRORED / f"{rows}_output").glob("part-*")):
        found += [json.loads(line) for line in part.read_text().split("\n") if line]
    return sorted(found, key=lambda line: line["Row"])


def test_what_is_no_finished_run_is_refused():
    assert "--resume" in str(raised(imgmeta.IncompleteError, imgmeta.read, IMAGES))
    raised(imgmeta.IncompleteError, imgmeta.read, "/no/such/folder")


# The program


def test_the_program_is_found_whatever_became_of_its_mode():
    inside = pathlib.Path(imgmeta.__file__).parent / "bin" / "imgmeta"
    script = "import imgmeta._binary; print(imgmeta._binary.binary())"

    def found(**more):
        command = [sys.executable, "-c", script]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **more}, check=False)

    assert found().stdout.strip() == str(inside)
    inside.chmod(0o644)
    assert found().stdout.strip() == str(inside) and os.access(inside, os.X_OK)
    assert found(IMGMETA_BINARY="/bin/cat").stdout.strip() == "/bin/cat"
    assert "IMGMETA_BINARY names `/no/such`" in found(IMGMETA_BINARY="/no/such").stderr
    aside = inside.with_name("aside")
    inside.rename(aside)
    try:
        # The command on PATH is this package's own.
        assert "set IMGMETA_BINARY" in found().stderr
        said = subprocess.run(["imgmeta"], capture_output=True, text=True, check=False)
        assert said.returncode == 1 and said.stderr.startswith("error: the program `imgmeta` is neither"), said
    finally:
        aside.rename(inside)
    copy = imgmeta._binary._copied(inside)
    assert copy == imgmeta._binary._copied(inside)
    assert subprocess.run([copy, "--version"], capture_output=True, text=True, check=True).stdout.startswith("imgmeta ")
    os.unlink(copy)


def test_examples_of_the_documentation_are_true():
    names = {"photo": PHOTO, "finished": PLAIN}
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(optionflags=flags)
    for place in [imgmeta.inspect, imgmeta._errors, imgmeta._extract, imgmeta._options, imgmeta._read]:
        tests = doctest.DocTestFinder().find(place, place.__name__, globs={**vars(imgmeta._options), **names})
        assert any(test.examples for test in tests), place
        for test in tests:
            test.globs.update(names)
            runner.run(test)
    assert runner.failures == 0, f"{runner.failures} of {runner.tries} failed"


# What they stand on


class Web(http.server.ThreadingHTTPServer):
    """Serves the photo, or nothing, for as long as it is there."""

    daemon_threads = True

    def __init__(self, slow=False):
        super().__init__(("127.0.0.1", 0), Site)
        self.slow, self.headers = slow, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.headers = self.headers
        if self.server.slow:
            time.sleep(30)
        image = PHOTO.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(image)))
        self.end_headers()
        self.wfile.write(image)

    def log_message(self, *_):
        pass


def endless():
    while True:
        yield str(PHOTO)


def interrupted(_):
    raise KeyboardInterrupt


def workers():
    """The workers that this process has."""
    children = pathlib.Path(f"/proc/{os.getpid()}/task")
    found = [pid for task in children.glob("*/children") for pid in task.read_text().split()]
    return [pid for pid in found if b"worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]


def is_running(pid):
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def raised(kind, call, *given, **options):
    try:
        found = call(*given, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}, but {found!r}")


if __name__ == "__main__":
    main()
