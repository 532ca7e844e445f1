"""Extractions in Spark of which a task has a second copy, `spark.speculation`, and both copies ask for the same images.

    spark_speculation.py BINARY SERVER FOLDER

SERVER says nothing to one of the two copies, or answers both at the same time; it has other answers for the second request
than for the first. FOLDER is empty.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from glob import glob

from spark_cluster import QUICK, cluster, processes

BINARY, SERVER, FOLDER = sys.argv[1:]
NAME = f"spark-speculation-{os.getpid()}"
# As many as are asked for at the same time, so that the copies wait for each other with all of them.
ASKED = 8
# The other rows: all tasks have some, and are done with them at once.
PLAIN = 60
SETTINGS = {
    "spark.speculation": "true",
    "spark.speculation.interval": "100ms",
    "spark.speculation.multiplier": "1.01",
    "spark.speculation.quantile": "0.1",
    # Until then one copy has asked for all of its images, and is the first for each.
    "spark.speculation.minTaskRuntime": "3s",
    # A task is slow by its time alone, whatever it has read.
    "spark.speculation.efficiency.enabled": "false",
    # A copy does not wait for the executor that is next to its rows.
    "spark.locality.wait": "0",
    # Work begins when both executors are there.
    "spark.cores.max": "2",
    "spark.executor.cores": "1",
    "spark.scheduler.minRegisteredResourcesRatio": "1",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.dir": f"file:{FOLDER}/events",
    "spark.eventLog.compress": "false",
}


@contextmanager
def standalone(folder):
    """The address of a master with two workers on addresses of their own: Spark starts no copy of a task on the machine that
    has the first one, and for it all executors of `local-cluster` are on one."""
    started = []

    def start(name, *arguments):
        command = [f"{os.environ['SPARK_HOME']}/bin/spark-class", f"org.apache.spark.deploy.{name}", *arguments]
        log = f"{folder}/{len(started)}.log"
        with open(log, "w") as file:
            daemon = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": QUICK}
            started.append(subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, **daemon}))
        return log

    try:
        master = said(start("master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"), r"at (spark://\S+)")
        place = ["--webui-port", "0", "--cores", "1", "--memory", "1g", "--work-dir", f"{folder}/work"]
        logs = [start("worker.Worker", "--host", host, *place, master) for host in ("127.0.0.2", "127.0.0.3")]
        for log in logs:
            said(log, "Successfully registered with master")
        yield master
    finally:
        for process in started:
            process.kill()
            process.wait()


def said(log, pattern):
    """Waits until a log has it."""
    until = time.monotonic() + 60
    while not (found := re.search(pattern, text := open(log).read())):
        assert time.monotonic() < until, text
        time.sleep(0.05)
    return found[found.re.groups]


def outcomes(session, kind, asked=ASKED):
    """Of rows that one task asks the server for, and of rows in all tasks."""
    from imgmeta.spark import extract

    urls = [f"{SERVER}/{kind}/{row}.jpg" for row in range(asked)] + [f"ftp://h/{row}" for row in range(PLAIN)]
    # One attempt of the worker at each image, with time: a second request is the other copy's.
    options = {"allow_private": True, "user_agent": NAME, "per_host": ASKED, "retries": 0, "timeout": 60}
    rows = session.createDataFrame(list(enumerate(urls)), "Row int, url string")
    session.sparkContext.setJobDescription(kind)
    return urls, extract(rows, partitions=4, **options)


def written(session, kind):
    """`write`: whether each row succeeded, as the lines say it, after Parquet was found to say the same."""
    from imgmeta.spark import write

    place = f"{FOLDER}/{kind}"
    urls, frame = outcomes(session, kind)
    write(frame, place)
    found = []
    for name in ["success", "failure"]:
        parts = [open(part, encoding="utf-8") for part in glob(f"{place}/{name}_output/part-*.json")]
        lines = [json.loads(line) for part in parts for line in part]
        found += [(line["Row"], line["URL"], name == "success") for line in lines]
        rows = session.read.parquet(f"{place}/{name}_parquet").select("Row", "URL").collect()
        assert sorted(tuple(row) for row in rows) == sorted((line["Row"], line["URL"]) for line in lines)
    return urls, found


def saved(session, kind):
    """What Spark's own writer makes of the outcomes."""
    urls, frame = outcomes(session, kind)
    frame.write.parquet(f"{FOLDER}/{kind}")
    return urls, [tuple(row) for row in session.read.parquet(f"{FOLDER}/{kind}").select("Row", "URL", "Success").collect()]


def whole(urls, found):
    """Each row is there once, and those that were asked for twice are of one copy. Says which one that was, by
    the order in which they asked."""
    assert [row[:2] for row in sorted(found)] == list(enumerate(urls)), f"{len(found)} rows of {len(urls)}"
    answers = [success for _, _, success in sorted(found)]
    assert not any(answers[ASKED:])
    # The first request for an image finds it, and so does the second for every other one.
    copies = {(True,) * ASKED: "first", (True, False) * (ASKED // 2): "second"}
    assert tuple(answers[:ASKED]) in copies, f"rows of both copies: {answers[:ASKED]}"
    return copies[tuple(answers[:ASKED])]


def copies_of_tasks():
    """How many copies Spark started of the tasks of each extraction, by the job's description, and how each ended."""
    parts = glob(f"{FOLDER}/events/*/events_*")
    events = [json.loads(line) for part in parts for line in open(part)]
    extractions, started, ended = {}, Counter(), []
    for event in events:
        if event["Event"] == "SparkListenerStageSubmitted" and "MapInArrow" in json.dumps(event["Stage Info"]):
            # `write` makes lines by stages like this one, later.
            extractions.setdefault(event["Properties"]["spark.job.description"], event["Stage Info"]["Stage ID"])
    kinds = {stage: kind for kind, stage in extractions.items()}
    for event in events:
        if event.get("Task Info", {}).get("Speculative") and event["Stage ID"] in kinds:
            kind = kinds[event["Stage ID"]]
            if event["Event"] == "SparkListenerTaskStart":
                started[kind] += 1
            elif event["Event"] == "SparkListenerTaskEnd":
                ended.append((kind, event["Task End Reason"]["Reason"]))
    return started, ended


def at(master):
    return {"spark.master": master}


def main():
    os.mkdir(f"{FOLDER}/events")
    os.mkdir(f"{FOLDER}/spark")
    won = {}
    with standalone(f"{FOLDER}/spark") as master, cluster(BINARY, archive=True, **SETTINGS, **at(master)) as session:
        # The first job starts Python, which takes seconds.
        assert outcomes(session, "plain", asked=0)[1].count() == PLAIN
        for kind, work in [("first", saved), ("second", saved), ("both", saved), ("both-written", written)]:
            started = time.monotonic()
            won[kind] = whole(*work(session, kind))
            print(f"{kind}: {time.monotonic() - started:.1f} s, rows of the {won[kind]} to ask")
        until = time.monotonic() + 20
        while processes("worker", NAME):
            assert time.monotonic() < until, "a worker outlives its task"
            time.sleep(0.1)
    assert (won["first"], won["second"]) == ("first", "second"), won
    started, ended = copies_of_tasks()
    print(f"copies started: {dict(started)}; ended: {ended}")
    assert all(started[kind] for kind in won), started


main()
