"""The same extraction inside Spark: every task feeds its rows to an `imgmeta worker` of its own.

    from imgmeta import spark as imgmeta_spark

    outcomes = imgmeta_spark.extract(spark.read.parquet("hdfs:///lists/photos"), url_column="photo")
    outcomes.where("Success").select("URL", "GPS.Latitude", "GPS.Longitude").write.parquet("hdfs:///positions")

A DataFrame is computed anew by everything that is made of it. Whoever wants more than one output of one extraction uses
`write`, which fetches once, or writes the outcomes first and reads what was written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Optional, Union

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from imgmeta._options import Options, arguments
from imgmeta._source import Source
from imgmeta._spark_schema import plan
from imgmeta._spark_write import write
from imgmeta._worker import Worker

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["extract", "write"]

# A worker's own default.
PER_HOST = 8
# Tasks for each core where `partitions` is not given: a slow host holds up a part of its core's rows only.
TASKS_PER_CORE = 2
# The host of an http(s) URL: behind the user, before the port. Others are not asked politely but read.
HOST = r"^\s*[Hh][Tt][Tt][Pp][Ss]?://(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^:/?#]+)"


def extract(
    df: DataFrame,
    url_column: Optional[str] = None,
    *,
    keep_columns: Union[None, str, Sequence[str]] = None,
    hosts_across: int = 1,
    partitions: Optional[int] = None,
    **options: Unpack[Options],
) -> DataFrame:
    """One row for every row of `df`: a record or a failure, with `df`'s other columns behind.

    The columns are those of `success_parquet`, then those that only `failure_parquet` has, then `Success` (true: a record),
    then the columns of `df` but that of the URLs. A column `Row` of whole numbers becomes the outcomes' `Row`. Nothing is
    fetched before an action wants rows.

    Rows are brought together by host first, so that all rows of a host are one task, and the limits for a host (`per_host`,
    and the pauses it asks for) hold for the whole job. Rows that are not http(s) are spread evenly.

    Args:
        url_column: Its name, or `#N` from 1. By default the one with a usual name (`url`, `image_url`), or the only one.
        keep_columns: Columns that go into `Extra` as text instead of through: names, or `"all"`.
        hosts_across: Over how many tasks one host is spread, each with its share of `per_host`. For lists of few hosts,
            which would leave executors without work. It may not be above `per_host`.
        partitions: How many tasks; by default twice the cores.
        options: The flags of `imgmeta worker`, with `_` for `-`: `per_host=4`, `xmp=True`, `timeout=30`,
            `header=["Accept-Language: en"]`, `allow_private=True`.

    Raises:
        TypeError: An option is none of a worker's.
        ValueError: A number that cannot be, or a column that Arrow has no type for.
        WorkerError: No column of URLs, or one of `df`'s has the name of one of the outcomes'.
        FileNotFoundError: The program is not on the driver.
    """
    options["per_host"] = share_of_host(options.get("per_host", PER_HOST), hosts_across)
    flags = arguments(options)
    if keep_columns is not None:
        flags += ["--keep-columns", keep_columns if isinstance(keep_columns, str) else ",".join(keep_columns)]
    if url_column is not None:
        flags += ["--url-column", url_column]
    if partitions is None:
        partitions = TASKS_PER_CORE * cores(df.sparkSession)
    if partitions < 1:
        raise ValueError(f"partitions: {partitions} is less than 1")
    planned = plan(df.schema, flags)
    key = together(F.col("`" + planned.url.replace("`", "``") + "`"), hosts_across)
    return df.repartition(partitions, *key).mapInArrow(partial(serve, flags), planned.output)


def share_of_host(per_host: int, hosts_across: int) -> int:
    """What each of the tasks that share a host may ask of it at once."""
    if not 1 <= hosts_across <= per_host:
        raise ValueError(f"hosts_across: {hosts_across} is not from 1 to per_host, which is {per_host}")
    return per_host // hosts_across


def cores(session: SparkSession) -> int:
    """Of all executors; of a session that is connected from elsewhere, what its shuffles are set to."""
    try:
        return int(session.sparkContext.defaultParallelism)
    except Exception:  # Spark Connect has no context, and an exception of its own that says so.
        return int(session.conf.get("spark.sql.shuffle.partitions") or 1)


def together(url: Column, hosts_across: int) -> list[Column]:
    """Rows with the same values belong into one task. They are values of the row alone: a task that is run again gets the
    same rows."""
    host = F.lower(F.regexp_extract(url, HOST, 1))
    salt = F.xxhash64(url)
    return [host, F.when(host == "", salt).otherwise(F.pmod(salt, F.lit(hosts_across)))]


def serve(flags: list[str], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A task: its rows through a worker, which ends with it. One that has no rows starts none.

    A worker that ends before its last row is an exception: Spark runs the task again, and no part of it counts.
    """
    first = next(batches, None)
    if first is None:
        return
    task = TaskContext.get()
    if task is not None:
        # As many threads as the task has cores: a worker takes all of the machine's by itself.
        os.environ.setdefault("TOKIO_WORKER_THREADS", str(task.cpus()))
    worker = Worker(Source(first.schema, chain([first], batches), None), flags)
    try:
        while (outcomes := worker.take()) is not None:
            yield outcomes
    finally:
        worker.stop()
