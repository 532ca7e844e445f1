"""Schemas of Arrow as Spark's, and what a worker makes of a DataFrame."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import types as spark
from pyspark.sql.pandas.types import to_arrow_schema

from imgmeta._source import Source
from imgmeta._worker import Worker

# The last column of every outcome; those behind it are the DataFrame's.
SUCCESS = "Success"

# Where the answer of a worker says which column holds the URLs.
URL_COLUMN = b"imgmeta.url_column"

LEAVES = {
    pa.string(): spark.StringType(),
    pa.bool_(): spark.BooleanType(),
    pa.int32(): spark.IntegerType(),
    pa.int64(): spark.LongType(),
    pa.float64(): spark.DoubleType(),
    pa.timestamp("us"): spark.TimestampNTZType(),
    pa.timestamp("us", "UTC"): spark.TimestampType(),
}


@dataclass(frozen=True)
class Plan:
    """What is known of an extraction before anything is fetched."""

    url: str
    """The column of the URLs."""
    output: spark.StructType
    """Of the outcomes, and of the columns that go through."""


def plan(schema: spark.StructType, arguments: list[str]) -> Plan:
    """Asks a worker, on the driver: what it makes of no rows is the schema, which says where it would take the URLs from.

    Raises WorkerError where it refuses the columns, and ValueError where Arrow has no type for one of them.
    """
    answer = answered(arrow_schema(schema), arguments)
    fields = {field.name: field for field in schema.fields}
    at = answer.get_field_index(SUCCESS) + 1
    # The types of the DataFrame's own columns are Spark's: Arrow would forget CHAR(n), and their metadata.
    carried = [fields[field.name] for field in list(answer)[at:]]
    output = spark.StructType([spark_field(field) for field in list(answer)[:at]] + carried)
    return Plan(answer.metadata[URL_COLUMN].decode(), output)


def answered(schema: pa.Schema, arguments: list[str]) -> pa.Schema:
    worker = Worker(Source(schema, iter(()), 0), arguments)
    try:
        answer = worker.schema
        worker.take()
        return answer
    finally:
        worker.stop()


def arrow_schema(schema: spark.StructType) -> pa.Schema:
    """As Spark sends it to Python."""
    # It wants the zone of timestamps since Spark 4.
    convert: Any = to_arrow_schema
    zone = {"timezone": "UTC"} if "timezone" in inspect.signature(convert).parameters else {}
    try:
        sent: pa.Schema = convert(schema, **zone)
        return sent
    except Exception as error:
        raise ValueError(f"a column cannot be handed to Python, leave it out or cast it: {error}") from error


def spark_field(field: pa.Field[Any]) -> spark.StructField:
    return spark.StructField(field.name, spark_type(field.type), field.nullable)


def spark_type(kind: pa.DataType) -> spark.DataType:
    """The type that Spark's executors make of one of the outcomes', null or not inside too: Spark 3 compares that."""
    if pa.types.is_struct(kind):
        return spark.StructType([spark_field(field) for field in kind])
    if pa.types.is_map(kind):
        return spark.MapType(spark_type(kind.key_type), spark_type(kind.item_type), kind.item_field.nullable)
    if pa.types.is_list(kind):
        return spark.ArrayType(spark_type(kind.value_type), kind.value_field.nullable)
    return LEAVES[kind]
