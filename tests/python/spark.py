"""`imgmeta.spark` on real executors.

    spark.py BINARY LIST RUN SERVER FOLDER

LIST holds the rows that RUN, an output of `imgmeta run --parquet`, was made of; SERVER serves images; FOLDER is empty.
"""

import datetime
import json
import os
import sys
import time
from glob import glob
from pathlib import Path

from pyspark.sql import functions as F
from spark_cluster import cluster, processes

BINARY, LIST, RUN, SERVER, FOLDER = sys.argv[1:]
# What tells the workers of this test from others.
NAME = f"spark-test-{os.getpid()}"


def raises(kind, said, work):
    try:
        work()
    except kind as error:
        assert said in str(error), error
    else:
        raise AssertionError(f"no {kind.__name__}")


def other_columns_go_through(session, extract):
    """Of rows from a server and of local files, with types that Arrow and Spark name differently."""
    local = glob(f"{Path(LIST).parent}/samples/*")
    urls = [f"{SERVER}/{row}.jpg" for row in range(200)] + local + ["ftp://h/a", "", None]
    rows = [(row, url, datetime.datetime(2024, 1, 1, 12), [row, None], {"k": row}) for row, url in enumerate(urls)]
    frame = session.createDataFrame(rows, "id int, `photo of` string, at timestamp, ids array<int>, pairs map<string,int>")
    frame = frame.withColumn("letter", F.lit("x").cast("char(1)")).withColumn("day", F.to_date("at"))
    got = extract(frame, "photo of", user_agent=NAME, allow_private=True, hosts_across=4, timeout=20)
    assert got.columns[got.columns.index("Success") :] == ["Success", "id", "at", "ids", "pairs", "letter", "day"]
    outcomes = got.collect()
    assert sorted(row.id for row in outcomes) == list(range(len(rows)))
    for row in outcomes:
        assert (row.at, row.ids, row.pairs, row.letter) == (*rows[row.id][2:], "x"), row
        assert row.URL == (urls[row.id] or ""), row
        expected = row.id % 5 != 4 if row.id < 200 else urls[row.id] in local
        assert row.Success == expected, row
    assert {row.Kind for row in outcomes} == {None, "not_found", "bad_url", "bad_row"}
    # A consumer that has enough leaves no worker behind.
    assert len(got.limit(5).collect()) == 5
    until = time.monotonic() + 10
    while processes("worker", NAME):
        assert time.monotonic() < until, "a worker outlives its task"
        time.sleep(0.1)


def what_cannot_be_is_said_at_once(session, extract):
    frame = session.createDataFrame([(1, "a", 2)], "id int, url string, width int")
    from imgmeta import WorkerError

    raises(WorkerError, "has no column `photo`; it has: `id`, `url`, `width`", lambda: extract(frame, "photo"))
    raises(WorkerError, "`width` would stand beside `Width`", lambda: extract(frame))
    raises(WorkerError, "it is Int32, not text", lambda: extract(frame.drop("width"), "id"))
    raises(WorkerError, "timeout", lambda: extract(frame.select("url"), timeout="soon"))
    raises(TypeError, "no option `xpm`", lambda: extract(frame, xpm=True))
    raises(ValueError, "hosts_across: 9", lambda: extract(frame, hosts_across=9))
    raises(ValueError, "hosts_across: 3", lambda: extract(frame, hosts_across=3, per_host=2))
    raises(ValueError, "partitions: 0", lambda: extract(frame, partitions=0))
    assert "Extra" in extract(frame, keep_columns=["width"]).columns


def lines(folder, kind):
    """Lines by row, but for the time that each took."""
    found = {}
    for part in glob(f"{folder}/{kind}_output/part-*.json"):
        with open(part, encoding="utf-8", newline="\n") as file:
            for record in map(json.loads, file):
                record["Fetch"].pop("Millis")
                assert record["Row"] not in found, record
                found[record["Row"]] = record
    return found


def same_as_a_run(session, folder):
    for kind in ["success", "failure"]:
        wanted, got = lines(RUN, kind), lines(folder, kind)
        assert wanted and wanted.keys() == got.keys(), kind
        for row, record in wanted.items():
            assert record == got[row] and list(record) == list(got[row]), (record, got[row])
        theirs, ours = (session.read.parquet(f"{place}/{kind}_parquet") for place in (RUN, folder))
        assert ours.schema == theirs.schema, kind
        plain = [frame.withColumn("Fetch", F.col("Fetch").dropFields("Millis")) for frame in (theirs, ours)]
        shown = [sorted(json.dumps(row.asDict(True), default=str) for row in frame.collect()) for frame in plain]
        assert shown[0] == shown[1], kind
        assert os.path.exists(f"{folder}/{kind}_output/_SUCCESS")
    assert not os.path.exists(f"{folder}/_spark/staging")


def a_write_tells_the_same_as_a_run(session, extract, write):
    listed = session.read.schema("url string, tag string").json(LIST)
    order = {url: row for row, url in enumerate(json.loads(line)["url"] for line in open(LIST))}
    number = F.create_map([F.lit(value) for pair in order.items() for value in pair])
    outcomes = extract(listed.withColumn("Row", number[F.col("url")]), xmp=True, iptc=True, keep_columns="tag")
    place = f"{FOLDER}/written"
    interrupted(outcomes, place, write)
    write(outcomes, place)
    same_as_a_run(session, place)
    raises(FileExistsError, "holds a whole output", lambda: write(outcomes, place))
    write(outcomes.where("Kind = 'not_found'"), place, mode="overwrite", parquet=False)
    assert sorted(os.listdir(place)) == ["_spark", "failure_output", "success_output"], os.listdir(place)
    assert not lines(place, "success") and len(lines(place, "failure")) == 1
    assert glob(f"{place}/success_output/part-*.json") and os.path.exists(f"{place}/success_output/_SUCCESS")
    raises(FileExistsError, "nothing there is touched", lambda: write(outcomes, RUN, mode="overwrite"))
    raises(ValueError, "['id']", lambda: write(outcomes.withColumn("id", F.lit(1)), f"{FOLDER}/other"))
    raises(ValueError, "['EXIF']", lambda: write(outcomes.drop("EXIF"), f"{FOLDER}/other"))
    raises(ValueError, "`append`", lambda: write(outcomes, f"{FOLDER}/other", mode="append"))
    assert not os.path.exists(f"{FOLDER}/other")


def interrupted(outcomes, place, write):
    """A write that ends between two of its steps, and leaves what it leaves."""
    from imgmeta import _spark_write

    publish = _spark_write.publish

    def publish_some(folder, name, ending):
        if name == "success_parquet":
            raise KeyboardInterrupt
        publish(folder, name, ending)

    _spark_write.publish = publish_some
    raises(KeyboardInterrupt, "", lambda: write(outcomes, place))
    _spark_write.publish = publish
    assert not os.path.exists(f"{place}/success_output/_SUCCESS") and os.path.exists(f"{place}/failure_output")


def times_are_as_precise_as_images_tell_them():
    """What a timestamp of Arrow forgets: digits of a fraction that are zeros, and that a second was a leap second."""
    from imgmeta._spark_lines import local

    second = 1_000_000
    new_year = 1_483_228_800 * second
    for micros, offset, tags, expected in [
        (new_year, 120, {"DateTimeOriginal": "2016:12:31 23:59:60", "SubSecTimeOriginal": "00"}, "2016-12-31T23:59:60.00+02:00"),
        (new_year, None, {"36867": "2017:01:01 00:00:00", "37521": "000"}, "2017-01-01T00:00:00.000"),
        (new_year + second // 4, -570, {"DateTimeOriginal": "2017:01:01 00:00:00.250 "}, "2017-01-01T00:00:00.250-09:30"),
        (-62_135_596_800 * second, None, {"DateTimeOriginal": "0001:01:01 00:00:00"}, "0001-01-01T00:00:00"),
        (253_402_300_800 * second, None, {"DateTimeOriginal": "9999:12:31 23:59:60"}, "9999-12-31T23:59:60"),
    ]:
        assert local(micros, offset, tags) == expected, (local(micros, offset, tags), expected)


def each_image_is_fetched_once(session, extract, write):
    urls = session.createDataFrame([(f"{SERVER}/once/{row}.jpg",) for row in range(100)], "url string")
    write(extract(urls, allow_private=True, per_host=8, hosts_across=2), f"file:{FOLDER}/once")


def main():
    times_are_as_precise_as_images_tell_them()
    with cluster(BINARY, archive=True) as session:
        from imgmeta.spark import extract, write

        other_columns_go_through(session, extract)
        what_cannot_be_is_said_at_once(session, extract)
        a_write_tells_the_same_as_a_run(session, extract, write)
        each_image_is_fetched_once(session, extract, write)


main()
