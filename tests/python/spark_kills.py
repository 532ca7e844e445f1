"""Extractions in Spark in which a worker, or an executor, is killed at a moment by chance.

    spark_kills.py BINARY SERVER ROWS ROUNDS SEED
"""

import os
import random
import signal
import sys
import threading
import time

from spark_cluster import cluster, executors, processes

BINARY, SERVER = sys.argv[1:3]
ROWS, ROUNDS, SEED = map(int, sys.argv[3:])
NAME = f"spark-kills-{os.getpid()}"


def extraction(session):
    """What each row became, by its number."""
    from imgmeta.spark import extract

    rows = session.range(ROWS).selectExpr("id", f"concat('{SERVER}/', id, '.jpg') AS url")
    options = {"allow_private": True, "user_agent": NAME}
    found = {}
    for row in extract(rows, hosts_across=4, partitions=4, **options).select("id", "Success", "Kind", "Width").collect():
        assert row.id not in found, f"row {row.id} is there twice"
        found[row.id] = tuple(row)
    return found


def victims(session, kind):
    return processes("worker", NAME) if kind == "worker" else executors(session)


class Killer(threading.Thread):
    """Ends one process of a kind as `kill -9` does, `after` so many seconds, or as soon as there is one then."""

    def __init__(self, session, kind, after, choice):
        super().__init__()
        self.session, self.kind, self.after, self.choice = session, kind, after, choice
        self.over = threading.Event()
        self.killed = False

    def run(self):
        self.over.wait(self.after)
        while not self.killed and not self.over.is_set():
            # An executor without work is no loss.
            if found := processes("worker", NAME) and victims(self.session, self.kind):
                os.kill(self.choice(found), signal.SIGKILL)
                self.killed = True
            time.sleep(0.01)


def disturbed(session, expected, kind, after, choice):
    killer = Killer(session, kind, after, choice)
    killer.start()
    found = extraction(session)
    killer.over.set()
    killer.join()
    assert found == expected, f"{len(found)} rows of {len(expected)}, after the death of one {kind}"
    return killer.killed


def main():
    chance = random.Random(SEED)
    with cluster(BINARY, archive=False) as session:
        expected = extraction(session)
        assert sorted(expected) == list(range(ROWS))
        started = time.monotonic()
        assert extraction(session) == expected
        took = time.monotonic() - started
        killed = {"worker": 0, "executor": 0}
        for number in range(ROUNDS):
            kind = ["worker", "executor"][number % 2]
            killed[kind] += disturbed(session, expected, kind, took * chance.uniform(0, 0.9), chance.choice)
        assert not processes("worker", NAME), "a worker outlives its task"
    assert sum(killed.values()) >= ROUNDS / 2, killed
    print(f"{ROUNDS} extractions of {ROWS} rows, {took:.1f} s each; killed: {killed}")


main()
