"""Serves streams to `imgmeta worker`, and checks what comes out.

    worker.py CASE BINARY ARGUMENT...
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

import pyarrow as pa
import pyarrow.parquet as pq

CASE, BINARY, *ARGUMENTS = sys.argv[1:]
# Differs from one reading of an image to the next.
PASSING = ["Millis"]


def stream(*batches, schema=None):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema or batches[0].schema) as writer:
        for batch in batches:
            writer.write(batch)
    return sink.getvalue().to_pybytes()


def worker(data, *flags):
    """Exit code, table (if any) and stderr."""
    run = subprocess.run([BINARY, "worker", *flags], input=data, capture_output=True, timeout=120)
    table = pa.ipc.open_stream(run.stdout).read_all() if run.stdout else None
    return run.returncode, table, run.stderr.decode()


def rows_of(table):
    rows = {}
    for row in table.to_pylist():
        for key in PASSING:
            row["Fetch"].pop(key)
        rows[row["Row"]] = row
    assert len(rows) == table.num_rows, "a row is there twice"
    return rows


def same_as_a_run(output, urls):
    """The outcomes of a run with its mirror, of the list that `urls` holds as JSON."""
    urls = json.load(open(urls))
    ids = pa.array([None if row % 3 == 0 else [row, row] for row in range(len(urls))], pa.list_(pa.int32()))
    when = pa.array([row * 1_000_000 for row in range(len(urls))], pa.timestamp("us", "UTC"))
    tag = pa.array([f"t{row % 7}" for row in range(len(urls))]).dictionary_encode()
    table = pa.table({"ids": ids, "image_url": urls, "when": when, "row": pa.array(range(len(urls)), pa.uint32()), "tag": tag})
    flags = ["--xmp", "--iptc"]
    code, got, errors = worker(stream(*table.to_batches(max_chunksize=100)), *flags)
    assert code == 0, errors
    assert got.schema.metadata[b"imgmeta.schema_version"] == b"1", got.schema.metadata
    assert got.schema.metadata[b"imgmeta.url_column"] == b"image_url", got.schema.metadata
    assert got.column_names[-4:] == ["Success", "ids", "when", "tag"], got.column_names
    for name in ["ids", "when", "tag"]:
        assert got.schema.field(name).type == table.schema.field(name).type, name
    carried = {row: (ids[row].as_py(), when[row].as_py(), tag[row].as_py()) for row in range(len(urls))}
    outcomes = rows_of(got)
    assert sorted(outcomes) == list(range(len(urls)))
    for row, outcome in outcomes.items():
        assert (outcome.pop("ids"), outcome.pop("when"), outcome.pop("tag")) == carried[row], row
    counts = {}
    for kind, success in [("success", True), ("failure", False)]:
        written = pq.read_table(f"{output}/{kind}_parquet")
        for field in written.schema:
            assert got.schema.field(field.name).type == field.type, field
        expected = rows_of(written)
        counts[kind] = len(expected)
        for row, outcome in expected.items():
            given = outcomes.pop(row)
            assert given.pop("Success") == success, row
            assert {key: given.pop(key) for key in outcome} == outcome, row
            assert not any(value is not None for value in given.values()), given
    assert not outcomes
    print(json.dumps(counts))


def kept():
    batch = pa.record_batch({"url": ["/nowhere/a.jpg", None, ""], "WIDTH": [1, None, 3], "at": [1.5, 2.5, None]})
    code, got, errors = worker(stream(batch), "--keep-columns", "WIDTH")
    assert code == 0, errors
    told = {row["at"]: (row["Kind"], row["Row"], row["Extra"]) for row in got.to_pylist()}
    assert told == {
        1.5: ("not_found", None, [("WIDTH", "1")]),
        2.5: ("bad_row", None, [("WIDTH", None)]),
        None: ("bad_row", None, [("WIDTH", "3")]),
    }, told
    code, got, errors = worker(stream(schema=batch.schema), "--keep-columns", "all")
    assert (code, got.num_rows, errors) == (0, 0, "") and got.column_names[-1] == "Success", (errors, got)


def refused():
    urls = pa.record_batch({"url": ["/nowhere/a.jpg"] * 3})
    good = stream(urls, urls)
    pairs = [
        (b"", [], "as an Arrow IPC stream"),
        (b"url\nhttp://h/a.jpg\n", [], "as an Arrow IPC stream"),
        (good[:-8], [], "damaged or cut"),
        (good[:-100], [], "damaged or cut"),
        (good[: len(good) // 2], [], "damaged or cut"),
        (stream(pa.record_batch({"a": ["x"], "b": ["y"]})), [], "`a`, `b`"),
        (good, ["--url-column", "photo"], "no column `photo`; it has: `url`"),
        (stream(pa.record_batch({"url": [7]})), [], "it is Int64, not text"),
        (stream(pa.record_batch({"url": ["x"], "format": ["y"]})), [], "`format` would stand beside `Format`"),
        (stream(pa.record_batch({"url": ["x"], "Row": pa.array([2**63], pa.uint64())})), [], "2^63-1"),
    ]
    for data, flags, said in pairs:
        run = subprocess.run([BINARY, "worker", *flags], input=data, capture_output=True, timeout=60)
        errors = run.stderr.decode()
        assert run.returncode == 1 and said in errors and errors.count("\n") == 1, (said, run.returncode, errors)
        assert not run.stdout.endswith(b"\xff\xff\xff\xff\0\0\0\0"), "what is cut looks whole"


def finished_rows_do_not_wait(slow, fast):
    """One image that never answers, and others."""
    batch = pa.record_batch({"url": [slow] + [fast] * 9, "id": range(10)})
    with subprocess.Popen(
        [BINARY, "worker", "--allow-private", "--timeout", "4", "--retries", "0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as child:
        child.stdin.write(stream(batch)[:-8])
        child.stdin.flush()
        started, seen = time.monotonic(), []
        with pa.ipc.open_stream(child.stdout) as reader:
            while len(seen) < 9:
                seen += reader.read_next_batch()["id"].to_pylist()
            early = time.monotonic() - started
            # The input is still open: a row that comes late is served, too.
            child.stdin.write(stream(batch.slice(1, 1))[len(stream(schema=batch.schema)) - 8 :])
            child.stdin.close()
            for batch in reader:
                seen += batch["id"].to_pylist()
        assert child.wait() == 0
    assert sorted(seen) == sorted([*range(10), 1]) and seen[-1] == 0, seen
    assert early < 3, early


def a_dead_parent_ends_it(slow):
    parent = f"""if True:
        import subprocess, sys, time
        child = subprocess.Popen([{BINARY!r}, "worker", "--allow-private"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdin.write(bytes.fromhex({stream(pa.record_batch({"url": [slow]}))[:-8].hex()!r}))
        child.stdin.flush()
        child.stdout.read(16)
        print(child.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        pid = int(process.stdout.readline())
        time.sleep(0.5)
        os.kill(pid, 0)
        process.kill()
    deadline = time.monotonic() + 5
    while os.path.exists(f"/proc/{pid}") and open(f"/proc/{pid}/stat").read().split()[2] != "Z":
        assert time.monotonic() < deadline, "the worker outlives its parent"
        time.sleep(0.05)


def an_interrupt_ends_it(slow):
    child = subprocess.Popen([BINARY, "worker", "--allow-private"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdin.write(stream(pa.record_batch({"url": [slow]}))[:-8])
    child.stdin.flush()
    child.stdout.read(16)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=10) == 130


def a_reader_that_stalls_stops_the_reading(image):
    """A million rows, of which nobody takes the outcomes."""
    rows = 1_000_000
    batch = pa.record_batch({"url": [image] * 10_000, "text": ["some words of ours " * 5] * 10_000})
    child = subprocess.Popen([BINARY, "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    fed = 0

    def feed():
        nonlocal fed
        with pa.ipc.new_stream(child.stdin, batch.schema) as writer:
            while fed < rows:
                writer.write(batch)
                fed += batch.num_rows
        child.stdin.close()

    feeding = threading.Thread(target=feed)
    feeding.start()
    before = -1
    while before != fed or fed == 0:
        before = fed
        time.sleep(1)
    stalled, most, got = fed, 0, 0
    assert stalled < rows // 2, stalled

    def anonymous():
        with open(f"/proc/{child.pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("RssAnon")), 0)

    most = anonymous()
    for out in pa.ipc.open_stream(child.stdout):
        got += out.num_rows
        if got % 50_000 < out.num_rows:
            most = max(most, anonymous())
    feeding.join()
    assert child.wait() == 0 and got == rows, got
    assert most <= 150 << 10, f"{most >> 10} MiB of anonymous memory"
    print(f"stalled after {stalled} rows; {most >> 10} MiB at most")


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
globals()[CASE](*ARGUMENTS)
