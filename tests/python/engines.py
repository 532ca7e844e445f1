"""Reads the outcomes of a run with one engine, as its users do, and compares every value with Python's own JSON reader.

    engines.py ENGINE FOLDER

FOLDER holds `out`, the run's output, and the printed schemas: `success.duckdb`, `failure.spark-ddl` and so on.
"""

import datetime
import glob
import json
import math
import os
import sys
import time

MAPS = {"0th", "Exif", "GPS", "Interop", "1st"}
UTC = datetime.timezone.utc
# The first rows are alike, and have next to nothing; from here on every value is compared.
SHAPED = 24_950


def main():
    engine, folder = sys.argv[1:]
    reader = ENGINES[engine](folder)
    for form in ["json", "parquet"]:
        for rows in ["success", "failure"]:
            expected = truth(folder, rows)
            frame = getattr(reader, form)(rows)
            counts(reader, form, expected, reader.counts(frame), f"{rows} {form}")
            shaped = {number: line for number, line in expected.items() if number >= SHAPED}
            found = {plain(row["Row"]): row for row in reader.rows(frame)}
            assert len(shaped) > 300 and sorted(found) == sorted(shaped), f"{len(found)} rows, not {len(shaped)}"
            for number, line in shaped.items():
                same(reader, form, line, found[number], f"{rows} {form}, row {number}")
            print(f"read {rows} {form}", flush=True)


def counts(reader, form, expected, found, where):
    """Compares how many rows have a value, over all rows."""
    for name in next(iter(expected.values())):
        if form == "json" and name in reader.left_out:
            continue
        wanted = sum(line[name] is not None for line in expected.values())
        assert found[name] == wanted, f"{where}: {name} has {found[name]} values, not {wanted}"


def truth(folder, rows):
    """The lines by row, parsed by Python, which knows no limits of numbers."""
    lines = {}
    for part in glob.glob(f"{folder}/out/{rows}_output/part-*.json"):
        with open(part, encoding="utf-8", newline="\n") as file:
            for line in file:
                line = json.loads(line)
                lines[line["Row"]] = line
    return lines


def same(reader, form, expected, found, where):
    """Compares an object field by field."""
    found = dict(found)
    if form == "parquet" and "TakenAt" in expected:
        offset = plain(found.pop("TakenAtOffsetMinutes"))
        assert (taken(expected["TakenAt"])[1]) == offset, f"{where}: offset {offset}"
    left_out = reader.left_out & set(expected) if form == "json" else set()
    assert set(found) | left_out == set(expected), f"{where}: {sorted(found)}"
    for name, value in found.items():
        compare(reader, form, name, expected[name], plain(value), f"{where}: {name}")


def compare(reader, form, name, expected, found, where):
    if expected is None:
        assert found is None, f"{where}: {found!r} instead of null"
    elif name in ("TakenAt", "TakenAtUTC", "LastModified"):
        moment(name, form, expected, found, where)
    elif name == "EXIF":
        for ifd in MAPS:
            reader.tags(form, expected[ifd], plain(dict(found)[ifd]), f"{where}.{ifd}")
    elif name in ("XMP", "IPTC", "Extra"):
        reader.map(form, expected, found, where)
    elif isinstance(expected, dict):
        same(reader, form, expected, found, where)
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        assert [dict(plain(item)) for item in found] == expected, f"{where}: {found!r} instead of {expected!r}"
    elif isinstance(expected, list):
        assert [plain(item) for item in found] == expected, f"{where}: {found!r} instead of {expected!r}"
    else:
        assert found == expected and isinstance(found, bool) == isinstance(expected, bool), (
            f"{where}: {found!r} instead of {expected!r}"
        )


def moment(name, form, expected, found, where):
    """A camera's time is text in JSON and a time without a zone in Parquet; others are moments."""
    if name == "TakenAt" and form == "json":
        assert found == expected, f"{where}: {found!r} instead of {expected!r}"
        return
    if name == "TakenAt":
        wanted = taken(expected)[0]
    else:
        wanted = datetime.datetime.fromisoformat(expected.replace("Z", "+00:00")).astimezone(UTC).replace(tzinfo=None)
        found = found.astimezone(UTC) if found.tzinfo else found
    assert found.replace(tzinfo=None) == wanted, f"{where}: {found!r} instead of {expected!r}"


def taken(text):
    """The time by the camera's clock, and its minutes east of Greenwich."""
    if text is None:
        return None, None
    clock = datetime.datetime.fromisoformat(text)
    offset = clock.utcoffset()
    return clock.replace(tzinfo=None), None if offset is None else int(offset.total_seconds() // 60)


def plain(value):
    """A value without the engine's own types; what is not there is None."""
    if hasattr(value, "asDict"):
        return value.asDict()
    if hasattr(value, "tolist") and not isinstance(value, list):
        return plain(value.tolist())
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime(warn=False)
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def is_text_of(text, value):
    """Whether it stands for a tag's value in a map of strings: a string is itself, all else its JSON text."""
    if value is None or isinstance(value, str):
        return text == value
    return json.loads(text) == value


class Engine:
    """What an engine makes of the fields whose keys are not known."""

    # Fields that its JSON reader cannot give.
    left_out = set()

    def __init__(self, folder):
        self.folder = folder

    def parts(self, rows, form):
        end, kind = ("json", "output") if form == "json" else ("parquet", "parquet")
        return f"{self.folder}/out/{rows}_{kind}/*.{end}"

    def schema(self, rows, form):
        with open(f"{self.folder}/{rows}.{form}", encoding="utf-8") as file:
            return file.read().strip()

    def tags(self, form, expected, found, where):
        pairs = dict(found.items() if isinstance(found, dict) else pairs_of(found))
        right = pairs.keys() == expected.keys() and all(is_text_of(pairs[key], expected[key]) for key in pairs)
        assert right, f"{where}: {found!r} instead of {expected!r}"

    def map(self, form, expected, found, where):
        self.tags(form, expected, found, where)


def pairs_of(pairs):
    return ((pair["key"], pair["value"]) if isinstance(pair, dict) else pair for pair in pairs)


class Spark(Engine):
    def __init__(self, folder):
        super().__init__(folder)
        # Spark hands moments to Python in the zone of the process, without saying so.
        os.environ["TZ"] = "UTC"
        time.tzset()
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "2g")
        for name, value in [
            ("spark.ui.enabled", "false"),
            ("spark.ui.showConsoleProgress", "false"),
            ("spark.driver.host", "127.0.0.1"),
            ("spark.driver.bindAddress", "127.0.0.1"),
            ("spark.sql.session.timeZone", "UTC"),
        ]:
            builder = builder.config(name, value)
        self.spark = builder.getOrCreate()

    def json(self, rows):
        schema = self.schema(rows, "spark-ddl")
        return self.spark.read.schema(schema).json(f"{self.folder}/out/{rows}_output")

    def parquet(self, rows):
        return self.spark.read.parquet(f"{self.folder}/out/{rows}_parquet")

    def counts(self, frame):
        return frame.selectExpr(*[f"count(`{name}`) AS `{name}`" for name in frame.columns]).collect()[0].asDict()

    def rows(self, frame):
        return [row.asDict() for row in frame.filter(f"Row >= {SHAPED}").collect()]


class DuckDb(Engine):
    def __init__(self, folder):
        super().__init__(folder)
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def json(self, rows):
        parts, schema = self.parts(rows, "json"), self.schema(rows, "duckdb")
        return self.connection.sql(f"SELECT * FROM read_json('{parts}', format='newline_delimited', {schema})")

    def parquet(self, rows):
        return self.connection.sql(f"SELECT * FROM '{self.parts(rows, 'parquet')}'")

    def counts(self, frame):
        columns = ", ".join(f'count("{name}") AS "{name}"' for name in frame.columns)
        return frame.aggregate(columns).to_arrow_table().to_pylist()[0]

    def rows(self, frame):
        return frame.filter(f'"Row" >= {SHAPED}').to_arrow_table().to_pylist()

    def tags(self, form, expected, found, where):
        if form == "parquet":
            return super().tags(form, expected, found, where)
        found = {key: json.loads(value) for key, value in found}
        assert found == expected, f"{where}: {found!r} instead of {expected!r}"

    def map(self, form, expected, found, where):
        super().tags(form, expected, found, where)


class Typed(Engine):
    """An engine without maps: in JSON, the tags of an IFD and the kept columns are structs of all that there can be."""

    left_out = {"XMP", "IPTC"}

    def tags(self, form, expected, found, where):
        if form == "parquet":
            return super().tags(form, expected, found, where)
        found = {key: value for key, value in found.items() if value is not None}
        expected = {key: value for key, value in expected.items() if value is not None}
        assert found == expected, f"{where}: {found!r} instead of {expected!r}"


class Polars(Typed):
    def json(self, rows):
        import polars as pl

        ((name, schema),) = assignment(self.schema(rows, "polars"), {"pl": pl})
        return pl.read_ndjson(self.parts(rows, "json"), **{name: schema})

    def parquet(self, rows):
        import polars as pl

        return pl.read_parquet(self.parts(rows, "parquet"))

    def counts(self, frame):
        return {name: frame.height - frame[name].null_count() for name in frame.columns}

    def rows(self, frame):
        import polars as pl

        return frame.filter(pl.col("Row") >= SHAPED).to_dicts()


class PyArrow(Typed):
    def json(self, rows):
        import pyarrow as pa
        import pyarrow.json

        ((_, schema),) = assignment(self.schema(rows, "pyarrow"), {"pa": pa})
        options = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
        parts = sorted(glob.glob(self.parts(rows, "json")))
        return pa.concat_tables([pyarrow.json.read_json(part, parse_options=options) for part in parts])

    def parquet(self, rows):
        import pyarrow.parquet

        return pyarrow.parquet.read_table(f"{self.folder}/out/{rows}_parquet")

    def counts(self, frame):
        return {name: frame.num_rows - frame[name].null_count for name in frame.column_names}

    def rows(self, frame):
        import pyarrow.compute

        return frame.filter(pyarrow.compute.field("Row") >= SHAPED).to_pylist()


class Pandas(PyArrow):
    def json(self, rows):
        import pandas as pd

        return super().json(rows).to_pandas(types_mapper=pd.ArrowDtype)

    def parquet(self, rows):
        import pandas as pd

        return pd.read_parquet(f"{self.folder}/out/{rows}_parquet", dtype_backend="pyarrow")

    def counts(self, frame):
        return {name: int(count) for name, count in frame.count().items()}

    def rows(self, frame):
        return frame[frame["Row"] >= SHAPED].to_dict("records")


def assignment(text, names):
    """What `schema=...` assigns."""
    found = {}
    exec(text, names, found)
    return found.items()


ENGINES = {"spark": Spark, "duckdb": DuckDb, "polars": Polars, "pyarrow": PyArrow, "pandas": Pandas}

if __name__ == "__main__":
    main()
