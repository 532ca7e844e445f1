#!/usr/bin/env python3
"""Loading into PostgreSQL, side by side with `psql \\copy` of the same rows into the same tables; and what it costs a run.

    bench/load.py [ROWS] [--rounds N]       default 200,000, 3

Varied records, made from a seed, are loaded by `imgmeta load`; then psql copies the tables' own rows, exported by
`\\copy ... TO`, into tables that `imgmeta` made in another database (keys, indexes and all). Both start from JSON and text on
the same disk, one after the other, in turns. PostgreSQL 13 or later is started here, with the settings of a fresh server.
"""

import argparse
import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/imgmeta"
TABLES = ["runs", "shards", "failures", "images", "exif_tags"]


def binary(name):
    installed = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    return installed[-1] if installed else shutil.which(name) or sys.exit(f"{name} is missing: install PostgreSQL")


class Server:
    """A server on a free port of loopback, that trusts everybody there."""

    def __init__(self, folder):
        # PostgreSQL refuses to be root.
        nobody = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.getuid() == 0 else []
        data = f"{folder}/data"
        init = [*nobody, binary("initdb"), "--auth=trust", "--username=imgmeta", "--encoding=UTF8", "--no-locale"]
        subprocess.run([*init, "--pgdata", data], check=True, stdout=subprocess.DEVNULL)
        self.port = 20_000 + os.getpid() % 10_000
        command = [*nobody, binary("postgres"), "-D", data, "-p", str(self.port), "-c", "unix_socket_directories="]
        with open(f"{folder}/log", "wb") as log:
            self.process = subprocess.Popen([*command, "-c", "listen_addresses=127.0.0.1"], stdout=log, stderr=log)
        while self.try_psql("postgres", "SELECT 1").returncode:
            if self.process.poll() is not None:
                sys.exit(pathlib.Path(f"{folder}/log").read_text())
            time.sleep(0.1)

    def try_psql(self, database, *sql):
        commands = [part for text in sql for part in ("-c", text)]
        psql = [binary("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", "imgmeta"]
        return subprocess.run([*psql, *commands, database], capture_output=True, text=True, check=False)

    def psql(self, database, *sql):
        said = self.try_psql(database, *sql)
        if said.returncode:
            sys.exit(said.stderr)
        return said.stdout.strip()

    def fresh(self, name):
        self.psql("postgres", f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}", "CHECKPOINT")
        return f"postgres://imgmeta@127.0.0.1:{self.port}/{name}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def took(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def load(server, database, run, tags, rows):
    url = server.fresh(database)
    command = [PROGRAM, "load", run, "--sql", url, *(["--sql-tags"] if tags else [])]
    seconds = took(lambda: subprocess.run(command, check=True, stderr=subprocess.DEVNULL))
    found = server.psql(database, "SELECT count(*) FROM outcomes")
    assert found == str(rows), f"{found} of {rows} rows"
    return seconds


def copy(server, scratch, empty, rows):
    """psql copies what `load` put in, in one transaction for each table."""
    url = server.fresh("copied")
    # The tables of a run without rows, made by the program.
    subprocess.run([PROGRAM, "load", empty, "--sql", url], check=True, stderr=subprocess.DEVNULL)
    server.psql("copied", "DELETE FROM runs")
    copies = [f"\\copy {table} FROM '{scratch}/{table}.copy'" for table in TABLES]
    seconds = took(lambda: server.psql("copied", *copies))
    assert server.psql("copied", "SELECT count(*) FROM outcomes") == str(rows)
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="?", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    cargo = ["cargo", "build", "--release", "--quiet", "--workspace"]
    subprocess.run([*cargo, "--bins"], check=True, cwd=ROOT)
    subprocess.run([*cargo, "--examples"], check=True, cwd=ROOT)
    generated = ROOT / "target/release/examples/generated"
    with tempfile.TemporaryDirectory() as scratch:
        run, empty = f"{scratch}/run", f"{scratch}/empty"
        subprocess.run([generated, str(args.rows), run], check=True)
        subprocess.run([generated, "0", empty], check=True)
        size = sum(os.path.getsize(part) for part in glob.glob(f"{run}/*_output/part-*"))
        print(f"{args.rows} generated rows, {size / 1e6:.0f} MB of JSON")
        server = Server(scratch)
        try:
            for tags in (False, True):
                load(server, "loaded", run, tags, args.rows)
                server.psql("loaded", *(f"\\copy {table} TO '{scratch}/{table}.copy'" for table in TABLES))
                ratios = []
                for _ in range(args.rounds):
                    ours = load(server, "loaded", run, tags, args.rows)
                    theirs = copy(server, scratch, empty, args.rows)
                    ratios.append(theirs / ours)
                    what = "with a row for each tag" if tags else "without tags"
                    print(f"  {what}: imgmeta load {ours:.1f} s, psql \\copy {theirs:.1f} s, ratio {theirs / ours:.2f}")
                print(f"  as fast as \\copy: {sorted(ratios)[len(ratios) // 2]:.2f} (wanted: at least 0.5)")
            file = f"{scratch}/run.db"
            command = [PROGRAM, "load", run, "--sql", f"sqlite:{file}"]
            seconds = took(lambda: subprocess.run(command, check=True, stderr=subprocess.DEVNULL))
            print(f"  SQLite: {seconds:.1f} s, {args.rows / seconds:.0f} rows/s, {os.path.getsize(file) / 1e6:.0f} MB")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
