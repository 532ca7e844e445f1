"""Whether what a contestant says is what is in the images: a fast wrong answer is none."""
import datetime
import re

import orjson
import pyarrow.parquet

from .images import STRIDE


class Wrong(Exception):
    """An answer that is wrong, or is not there."""


def image_of(row, truths):
    """The image that a row of a list names."""
    return row * STRIDE % len(truths)


def row_of(url):
    """The row of a list that a URL or path belongs to: it ends with it."""
    return int(re.search(r"(\d+)(?:\.jpg)?$", url).group(1))


def near(said, true):
    return said is None and true is None or None not in (said, true) and abs(said - true) < 1e-6


def time_of(said, true):
    """The mirror holds local times."""
    if isinstance(said, datetime.datetime):
        return said == datetime.datetime.fromisoformat(true).replace(tzinfo=None)
    return said == true


def compare(url, said, truth):
    """`said` has the values of a record by their names in `Truth`; what it does not have, its source does not say."""
    for field, value in said.items():
        true = getattr(truth, field)
        same = {"Latitude": near, "Longitude": near, "TakenAt": time_of}.get(field, lambda one, other: one == other)
        if not same(value, true):
            raise Wrong(f"{field} of {url} is {true!r}, and the answer is {value!r}")


def complete(seen, rows):
    if len(seen) != rows or set(seen) != set(range(rows)):
        raise Wrong(f"{len(seen)} answers for {rows} rows, of {len(set(seen))} different ones")


def plain(record, *fields):
    """Of a record of imgmeta what the truth can say."""
    place = record["GPS"] or {"Latitude": None, "Longitude": None}
    return {field: record[field] for field in ("Format", "Mode", "Width", "Height", "TakenAt", "Profile", *fields)} | {
        "Make": record["Camera"]["Make"], "Model": record["Camera"]["Model"], "Latitude": place["Latitude"], "Longitude": place["Longitude"]}


def summary(output, rows):
    tally = orjson.loads((output / "_imgmeta/summary.json").read_bytes())["tally"]
    if (tally["rows"], tally["records"], tally["failures"]) != (rows, rows, 0):
        raise Wrong(f"{tally['records']} records and {tally['failures']} failures of {rows} rows: {tally['kinds']}")
    if not (output / "success_output/_SUCCESS").exists():
        raise Wrong("the output is not complete")


def records(output, rows, truths, *fields):
    """Every record of the JSON."""
    summary(output, rows)
    seen = []
    for part in (output / "success_output").glob("part-*.json"):
        for line in part.open("rb"):
            record = orjson.loads(line)
            seen.append(row_of(record["URL"]))
            compare(record["URL"], plain(record, "Bytes", *fields), truths[image_of(seen[-1], truths)])
    complete(seen, rows)


def mirror(output, rows, truths):
    """Every record of the Parquet."""
    seen = []
    for part in (output / "success_parquet").glob("*.parquet"):
        columns = ["URL", "Format", "Mode", "Width", "Height", "TakenAt", "Profile", "Camera", "GPS"]
        for record in pyarrow.parquet.read_table(part, columns=columns).to_pylist():
            seen.append(row_of(record["URL"]))
            compare(record["URL"], plain(record), truths[image_of(seen[-1], truths)])
    complete(seen, rows)


def dated(answer):
    """The time as EXIF writes it, as far as that goes."""
    return datetime.datetime.strptime(answer, "%Y:%m:%d %H:%M:%S")


def others(answers, truths, own=image_of):
    """Answers of Python's ways and of exiftool: the URL or path, and the values that they have."""
    for url, said in answers:
        truth = truths[own(row_of(url), truths)]
        if "DateTimeOriginal" in said:
            second = datetime.datetime.fromisoformat(truth.TakenAt).replace(tzinfo=None, microsecond=0)
            if dated(said.pop("DateTimeOriginal")) != second:
                raise Wrong(f"the time of {url} is {second}, and the answer is another")
        compare(url, said, truth)
