#!/usr/bin/env python3
"""What compacting a run costs, and how much less its readers read afterwards. Without network.

    bench/compact.py [ROWS]        default 1,000,000; by a Python that has duckdb

Varied records, made from a seed, are compacted in each order. DuckDB then answers questions of each mirror, and the bytes are
counted that it reads; it rewrites the mirror with row groups of other sizes, too.
"""

import glob
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import duckdb

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QUESTIONS = {
    "box": "SELECT count(*), min(Row) FROM {} WHERE GPS.Longitude BETWEEN 10 AND 14 AND GPS.Latitude BETWEEN 50 AND 53",
    "month": "SELECT count(*), min(Row) FROM {} WHERE TakenAt >= '2019-06-01' AND TakenAt < '2019-07-01'",
    "camera in a box": "SELECT count(*), min(Row) FROM {} WHERE Camera.Model = 'NIKON D850' AND GPS.Longitude BETWEEN 10 AND 14 "
    "AND GPS.Latitude BETWEEN 50 AND 53",
    "URL": "SELECT Row, Format, Size, TakenAt, Camera, GPS FROM {} WHERE URL = '{url}'",
}


def bytes_read():
    """Of this process, by system calls."""
    with open("/proc/self/io", encoding="ascii") as file:
        return int(file.readline().split()[1])


def ask(folder, question, url):
    """Bytes and answer."""
    sql = QUESTIONS[question].format(f"'{folder}/success_parquet/*.parquet'", url=url)
    connection = duckdb.connect()
    before = bytes_read()
    answer = connection.execute(sql).fetchall()
    return bytes_read() - before, answer


def compacted(folder, *args):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    command = [f"{ROOT}/target/release/imgmeta", "compact", folder, *args]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took, cpu = time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{os.path.basename(folder):10} {' '.join(args):28} {took:6.1f} s, {cpu:6.1f} s of CPU, at most {after.ru_maxrss >> 10} MiB")


def regrouped(folder, rows):
    """The mirror of a run with row groups of so many rows."""
    other = f"{folder}-{rows}"
    os.makedirs(f"{other}/success_parquet")
    for part in glob.glob(f"{folder}/success_parquet/*.parquet"):
        to = f"{other}/success_parquet/{os.path.basename(part)}"
        duckdb.execute(f"COPY (FROM '{part}') TO '{to}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows})")
    return other


def size(folder):
    return sum(os.path.getsize(part) for part in glob.glob(f"{folder}/success_parquet/*.parquet"))


def table(folders, url):
    first = {}
    for folder in folders:
        cells = []
        for question in QUESTIONS:
            read, answer = ask(folder, question, url)
            assert first.setdefault(question, answer) == answer, f"{folder}: another answer to {question}"
            cells.append(f"{question} {read / 1e6:7.2f} MB")
        print(f"{os.path.basename(folder):18} {size(folder) / 1e6:7.1f} MB   {'   '.join(cells)}")


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([f"{ROOT}/target/release/examples/generated", str(rows), f"{scratch}/small", "--parquet"], check=True)
        folders = [f"{scratch}/small"]
        for name, args in [("plain", []), *((by, ["--sort-by", by]) for by in ("TakenAt", "GPS", "URL"))]:
            folder = shutil.copytree(folders[0], f"{scratch}/{name}")
            compacted(folder, *args)
            folders.append(folder)
        url = duckdb.sql(f"SELECT URL FROM '{folders[0]}/success_parquet/*.parquet' WHERE Row > {rows // 2} ORDER BY Row LIMIT 1")
        url = url.fetchall()[0][0]
        table(folders, url)
        for name in ("plain", "GPS"):
            table([regrouped(f"{scratch}/{name}", groups) for groups in (16_384, 65_536, 262_144)], url)


if __name__ == "__main__":
    main()
