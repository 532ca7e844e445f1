"""Outcomes of a DataFrame to the folders of a run, fetched once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from imgmeta._spark_lines import Shape, VALUE, lines, shape
from imgmeta._spark_place import Place

KINDS = ("failure", "success")
#: Written beside `TakenAt` into Parquet, where JSON has both in one text.
OFFSET = "TakenAtOffsetMinutes"
DONE = "_SUCCESS"
#: Says that what is in a folder was written here: nobody else's files are ever deleted.
MARK = ("_spark", "written-by-imgmeta")
DRAFTS = ("_spark", "staging")

#: Timestamps as the program writes them. Spark 3 would write those of Parquet's first days, and refuse the year 1500.
SETTINGS = {
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
}
#: While JSON is made: moments come to Python in the session's zone.
UTC = {"spark.sql.session.timeZone": "UTC"}


def write(df: DataFrame, place: str, *, parquet: bool = True, mode: str = "error") -> None:
    """Writes the outcomes of `extract` as the folders that `imgmeta run --parquet` writes, and fetches each image once.

    Spark computes a DataFrame anew for everything that is made of it: records filtered into one output and failures into
    another would be two fetches, which may differ. So one job writes all outcomes below `place/_spark/staging`, and the
    folders are made of that:

        place/success_output/part-00000000.json        JSON lines, the same as the program's
        place/failure_output/part-00000000.json
        place/success_parquet/part-00000000.parquet    unless `parquet` is False
        place/failure_parquet/part-00000000.parquet

    `success_output/_SUCCESS` comes last: only a place that has it is whole. Then what is below `_spark/staging` goes. A
    write that was interrupted can be run again: it begins anew. One write at a time may be at work on a place.

    Args:
        df: What `extract` gave, filtered or not, with no other columns: `keep_columns` puts them into `Extra`.
        place: A folder that does not exist, is empty, or holds an interrupted write.
        mode: `error`, or `overwrite` for a place that an earlier `write` has filled.

    Raises:
        ValueError: `df` has other columns than outcomes have, or `mode` is another word.
        FileExistsError: `place` holds something else, or in mode `error` a whole output.
    """
    if mode not in ("error", "overwrite"):
        raise ValueError(f"mode: `{mode}` is neither `error` nor `overwrite`")
    session = df.sparkSession
    shapes = {kind: shape(failures=kind == "failure") for kind in KINDS}
    check_columns(df.columns, shapes)
    folder = Place(session, place)
    clear(folder, mode)
    outcomes = folder.at(*DRAFTS, "outcomes")
    with settings(session, SETTINGS):
        df.write.option("compression", "zstd").parquet(outcomes)
        staged = session.read.schema(df.schema).parquet(outcomes)
        with settings(session, UTC):
            for kind in KINDS:
                draft(folder, kind, staged, shapes[kind], parquet)
    for kind in KINDS:
        if parquet:
            publish(folder, f"{kind}_parquet", "parquet")
        publish(folder, f"{kind}_output", "json")
    folder.delete(*DRAFTS)


def check_columns(columns: list[str], shapes: dict[str, Shape]) -> None:
    wanted = {name for shape in shapes.values() for name in shape.fields} | {OFFSET, "Success"}
    if others := [name for name in columns if name not in wanted]:
        raise ValueError(f"these columns are none of the outcomes', drop them or name them in `keep_columns`: {others}")
    if missing := sorted(wanted.difference(columns)):
        raise ValueError(f"these columns of the outcomes are missing: {missing}")


def clear(folder: Place, mode: str) -> None:
    """Makes room: what says that the place is whole goes first."""
    ours = folder.has(*MARK)
    if not ours and not folder.is_empty():
        raise FileExistsError(f"`{folder.name}` holds what was not written from Spark: nothing there is touched")
    if ours and mode == "error" and folder.has("success_output", DONE):
        raise FileExistsError(f"`{folder.name}` holds a whole output: mode='overwrite' replaces it")
    folder.touch(*MARK)
    folder.delete("success_output", DONE)
    for name in [f"{kind}_{form}" for kind in KINDS for form in ("output", "parquet")]:
        folder.delete(name)
    folder.delete(*DRAFTS)


def draft(folder: Place, kind: str, staged: DataFrame, shape: Shape, parquet: bool) -> None:
    """Writes the outputs of a kind where nobody looks for them."""
    columns = [column for name in shape.fields for column in ([name, OFFSET] if name == "TakenAt" else [name])]
    rows = staged.where("Success" if kind == "success" else "NOT Success").select(columns)
    if parquet:
        rows.write.option("compression", "zstd").parquet(folder.at(*DRAFTS, f"{kind}_parquet"))
    text = rows.mapInArrow(partial(lines, shape), f"{VALUE} string")
    text.write.option("compression", "none").text(folder.at(*DRAFTS, f"{kind}_output"))


def publish(folder: Place, name: str, ending: str) -> None:
    folder.make(name)
    for number, part in enumerate(folder.parts(*DRAFTS, name)):
        folder.rename([*DRAFTS, name, part], [name, f"part-{number:08}.{ending}"])
    folder.touch(name, DONE)


@contextmanager
def settings(session: SparkSession, wanted: dict[str, str]) -> Iterator[None]:
    """Settings of a session, for a while."""
    before = {name: session.conf.get(name) or "" for name in wanted}
    try:
        for name, value in wanted.items():
            session.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            session.conf.set(name, value)
