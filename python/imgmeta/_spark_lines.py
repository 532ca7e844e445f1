"""Outcomes of Arrow to the JSON lines of the program."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Optional

import pyarrow as pa

from imgmeta._binary import binary

#: The one column of lines.
VALUE = "value"
EPOCH = datetime(1970, 1, 1)

#: What `TakenAt` is made of, by name and by number. How many digits of it are known is told by nothing else.
DATE_TIME = ("DateTimeOriginal", "36867")
SUB_SECONDS = ("SubSecTimeOriginal", "37521")

Tags = dict[str, Optional[str]]


@dataclass(frozen=True)
class Shape:
    """What a line holds."""

    fields: tuple[str, ...]
    """Its keys, in their order."""
    texts: dict[str, frozenset[str]]
    """By directory of `EXIF`, the tags that are strings; the others are in Arrow as the JSON that they are."""


def shape(*, failures: bool) -> Shape:
    """By the schema that the program prints."""
    more = ["--failures"] if failures else []
    printed = [properties(["--exif-keys", keys, *more]) for keys in ("names", "ids")]
    texts: dict[str, frozenset[str]] = {}
    for tables in printed:
        for ifd, tags in tables.get("EXIF", {}).get("properties", {}).items():
            strings = {tag for tag, about in tags["properties"].items() if about["type"] == "string"}
            texts[ifd] = texts.get(ifd, frozenset()) | strings
    return Shape(tuple(printed[0]), texts)


def properties(flags: list[str]) -> dict[str, Any]:
    command = [binary(), "schema", "--format", "json-schema", *flags]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["properties"]
    return found


def lines(shape: Shape, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A batch of lines, without their ends, for every batch of outcomes of one kind."""
    for batch in batches:
        columns = [texts_of(shape, name, batch) for name in shape.fields]
        keys = [f'"{name}":' for name in shape.fields]
        rows = ["{" + ",".join(map(str.__add__, keys, row)) + "}" for row in zip(*columns)]
        yield pa.record_batch({VALUE: pa.array(rows, pa.string())})


def texts_of(shape: Shape, name: str, batch: pa.RecordBatch) -> Iterable[str]:
    """A column, each of its values as JSON."""
    column: Any = batch.column(name)
    if name == "EXIF":
        return exif(shape.texts, column)
    if name == "TakenAt":
        return taken(batch)
    if pa.types.is_map(column.type):
        return (dumps(None if pairs is None else dict(pairs)) for pairs in column.to_pylist())
    return map(dumps, column.to_pylist())


def moment(value: Any) -> str:
    """A moment in UTC, with a fraction only where there is one."""
    if not isinstance(value, datetime):
        raise TypeError(f"no JSON is made of {type(value)}")
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return f"{value.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}Z"


dumps: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=moment
).encode


def exif(texts: dict[str, frozenset[str]], column: Any) -> Iterable[str]:
    ifds = [field.name for field in column.type]
    written = [[tags(texts[ifd], pairs) for pairs in column.field(ifd).to_pylist()] for ifd in ifds]
    keys = [f'"{ifd}":' for ifd in ifds]
    return ("{" + ",".join(map(str.__add__, keys, row)) + "}" for row in zip(*written))


def tags(texts: frozenset[str], pairs: list[tuple[str, Optional[str]]]) -> str:
    def json_of(tag: str, value: Optional[str]) -> str:
        return dumps(value) if value is None or tag in texts else value

    return "{" + ",".join(f'"{tag}":{json_of(tag, value)}' for tag, value in pairs) + "}"


def taken(batch: pa.RecordBatch) -> Iterable[str]:
    """`TakenAt`: the camera's clock, with as many digits of the second as the image tells, and the offset."""
    micros = batch.column("TakenAt").cast(pa.int64()).to_pylist()
    offsets = batch.column("TakenAtOffsetMinutes").to_pylist()
    column: Any = batch.column("EXIF")
    ifds = zip(*(column.field(ifd).to_pylist() for ifd in ("Exif", "0th")))
    for time, offset, (first, second) in zip(micros, offsets, ifds):
        yield "null" if time is None else f'"{local(time, offset, {**dict(second), **dict(first)})}"'


def local(micros: int, offset: Optional[int], tags: Tags) -> str:
    whole = text_of(tags, DATE_TIME).split("\0")[0].strip()
    # A leap second is the next minute's first in Arrow.
    leap = whole[17:19] == "60"
    time = EPOCH + timedelta(microseconds=micros - 1_000_000 * leap)
    seconds = "60" if leap else f"{time.second:02}"
    digits = f"{time.microsecond:06}"[: known_digits(whole, text_of(tags, SUB_SECONDS))]
    fraction = f".{digits}" if digits else ""
    minutes = time.isoformat(timespec="minutes")
    return f"{minutes}:{seconds}{fraction}{zone(offset)}"


def text_of(tags: Tags, names: tuple[str, str]) -> str:
    return next((text for name in names if (text := tags.get(name)) is not None), "")


def known_digits(whole: str, sub_seconds: str) -> int:
    digits = sub_seconds.strip()
    if not (digits.isascii() and digits.isdigit()):
        found = re.match(r"[.,]([0-9]*)", whole[19:])
        digits = found[1] if found else ""
    return min(len(digits), 6)


def zone(offset: Optional[int]) -> str:
    if offset is None:
        return ""
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
