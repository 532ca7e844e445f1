#!/usr/bin/env python3
"""What a question by box, camera and date costs: seconds, memory and bytes, beside DuckDB over the same files. Without network.

    bench/query.py [ROWS [RUN]]         default 10,000,000; RUN is kept, and used again if it is there

Varied records, made from a seed, with the mirror on; a fifth of the rows has a position. Python must have DuckDB (`pip install
duckdb`). Both programs are timed as whole processes by turns, the best of five each, with the files in the page cache.
"""

import glob
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILT = f"{ROOT}/target/release"
QUESTIONS = {
    "box, camera, date": """
        SELECT URL, GPS.Latitude, GPS.Longitude, TakenAt FROM success
        WHERE GPS.Latitude BETWEEN 45 AND 50 AND GPS.Longitude BETWEEN 5 AND 15 AND Camera.Model = 'NIKON D850'
            AND TakenAt >= TIMESTAMP '2015-01-01 00:00:00' AND TakenAt < TIMESTAMP '2018-01-01 00:00:00' ORDER BY URL""",
    "cameras": """
        SELECT Camera.Make, Camera.Model, count(*) AS images, min(TakenAt) AS earliest FROM success
        GROUP BY Camera.Make, Camera.Model ORDER BY images DESC, 2""",
    "hosts": """
        SELECT split_part(URL, '/', 3) AS host, count(*) AS images, sum(Bytes) AS bytes FROM success GROUP BY 1 ORDER BY 1""",
    "one tag": """
        SELECT EXIF."0th"['Software'] AS software, count(*) AS images FROM success GROUP BY 1 ORDER BY 2 DESC, 1""",
}
DUCKDB = """
import sys, duckdb
database = duckdb.connect()
database.execute("SET enable_progress_bar = false")
database.execute(f"CREATE VIEW success AS SELECT * FROM '{sys.argv[1]}/success_parquet/*.parquet'")
print(len(database.execute(sys.argv[2]).fetchall()))
"""


def process(command):
    """Seconds, peak memory in MB, standard output and error."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = child.stdout.read(), child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed: {err.decode()}")
    return time.monotonic() - start, usage.ru_maxrss / 1024, out.decode(), err.decode()


def question(run, name, sql, json_bytes):
    ours, theirs, memory, others = [], [], 0, 0
    for _ in range(5):
        seconds, peak, out, err = process([f"{BUILT}/imgmeta", "query", sql, "--from", run, "--format", "csv"])
        ours.append(seconds)
        memory = max(memory, peak)
        seconds, peak, counted, _ = process([sys.executable, "-c", DUCKDB, run, sql])
        theirs.append(seconds)
        others = max(others, peak)
        rows = out.count("\n") - 1
        if rows != int(counted):
            sys.exit(f"{name}: {rows} rows, and {counted} in DuckDB")
    read = re.search(r"([\d.]+) ([KMG]i?)?B read of the mirror", err)
    unit = {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "K": 1e3, "M": 1e6, "G": 1e9}[read[2]]
    less = json_bytes / (float(read[1]) * unit)
    ratio = min(ours) / min(theirs)
    print(f"| {name} | {rows} | {min(ours):.2f} | {ratio:.2f} | {memory:.0f} | {others:.0f} | {read[1]} {read[2] or ''}B | {less:.0f} |", flush=True)


def measure(rows, run):
    if not os.path.exists(f"{run}/success_output/_SUCCESS"):
        subprocess.run([f"{BUILT}/examples/generated", str(rows), run, "--parquet"], check=True)
    size = {form: sum(map(os.path.getsize, glob.glob(f"{run}/success_{form}/part-*"))) for form in ["output", "parquet"]}
    print(f"{rows} generated rows: {size['output'] / 1e9:.2f} GB of JSON, {size['parquet'] / 1e9:.2f} GB of Parquet")
    print("| question | rows | seconds | of DuckDB's | memory, MB | DuckDB's, MB | bytes | of the JSON's one in |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for name, sql in QUESTIONS.items():
        question(run, name, sql, size["output"])


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    cargo = ["cargo", "build", "--release", "--quiet", "--workspace"]
    subprocess.run([*cargo, "--bins", "--examples"], check=True, cwd=ROOT)
    if len(sys.argv) > 2:
        return measure(rows, sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        measure(rows, f"{scratch}/run")


if __name__ == "__main__":
    main()
