#!/usr/bin/env python3
"""How soon a list of ten million rows starts, and how much memory it costs, in each kind.

bench/lists.py [--rows N] [--out docs/performance.md]

Two figures a kind. The first request: the list's first row is an image on a loopback server, which notes when it is asked
for. The memory: all other rows are relative paths of files that are not there, the cheapest outcome there is, and the
program's anonymous memory (RssAnon) is looked at until it ends. Needs pyarrow for Parquet (pip install pyarrow).
"""
import argparse
import gzip
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Images(http.server.BaseHTTPRequestHandler):
    first = None

    def do_GET(self):
        Images.first = Images.first or time.monotonic()
        self.send_error(404)

    def log_message(self, *args):
        pass


def urls(port, rows):
    yield f"http://127.0.0.1:{port}/first.jpg"
    for row in range(1, rows):
        yield f"gone/{row % 997:03}/{row:09}-an-image-with-a-name-of-usual-length.jpg"


def write(path, kind, port, rows):
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq
        schema = pa.schema([("id", pa.int64()), ("url", pa.string())])
        with pq.ParquetWriter(path, schema) as writer:
            batch, done = [], 0
            for url in urls(port, rows):
                batch.append(url)
                if len(batch) == 1_000_000 or done + len(batch) == rows:
                    ids = pa.array(range(done, done + len(batch)))
                    writer.write_table(pa.table([ids, pa.array(batch)], schema), row_group_size=1_000_000)
                    done, batch = done + len(batch), []
        return
    opened = gzip.open(path, "wt", compresslevel=1) if kind.endswith("gz") else open(path, "w")
    with opened as out:
        if kind.startswith("csv"):
            out.write("id,url\n")
            out.writelines(f"{row},{url}\n" for row, url in enumerate(urls(port, rows)))
        else:
            out.writelines(json.dumps({"id": row, "url": url}) + "\n" for row, url in enumerate(urls(port, rows)))


def anonymous(pid):
    try:
        for line in open(f"/proc/{pid}/status"):
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0.0


def measure(path, output):
    Images.first = None
    start = time.monotonic()
    run = subprocess.Popen([ROOT / "target/release/imgmeta", "run", path, "--output", output, "--allow-private",
                            "--progress", "never"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    samples = []
    threading.Thread(target=lambda: run.stderr.read(), daemon=True).start()
    while run.poll() is None:
        samples.append(anonymous(run.pid))
        time.sleep(0.05)
    if run.returncode != 0 or Images.first is None:
        sys.exit(f"error: the run of {path.name} ended with {run.returncode}")
    return Images.first - start, samples, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--kinds", default="csv,csv.gz,ndjson,parquet")
    parser.add_argument("--out", type=Path, help="append the table to this file")
    args = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--locked", "--workspace"], cwd=ROOT, check=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Images)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    lines = ["| list | rows | bytes | first request after | most anonymous memory, a tenth of the list | all of it | took |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as temp:
        for kind in args.kinds.split(","):
            most = []
            for rows in (args.rows // 10, args.rows):
                path, output = Path(temp) / f"list.{kind}", Path(temp) / f"out-{kind}-{rows}"
                write(path, kind, server.server_address[1], rows)
                first, samples, took = measure(path, output)
                most.append(max(samples))
                size = path.stat().st_size
                path.unlink()
                subprocess.run(["rm", "-rf", output], check=True)
            lines.append(f"| {kind} | {args.rows:,} | {size / 1e6:,.0f} MB | {first * 1000:.0f} ms | {most[0]:.0f} MiB | "
                         f"{most[1]:.0f} MiB | {took:.0f} s |")
            print(lines[-1], flush=True)
    table = "\n".join(lines)
    print(table)
    if args.out:
        with args.out.open("a") as out:
            out.write(f"\n{time.strftime('%Y-%m-%d')}, `bench/lists.py --rows {args.rows}`, {os.cpu_count()} cores:\n\n{table}\n")


if __name__ == "__main__":
    main()
