"""What images are listed in, as batches of Arrow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sized
from itertools import islice
from typing import Any, NamedTuple, Optional

import pyarrow as pa

#: Most rows of a batch of a frame.
ROWS = 4096
#: The same of an iterable, which may be slow: rows wait for their batch to be full.
URLS = 256
#: The column of URLs that were given without a name.
COLUMN = "url"


class Source(NamedTuple):
    """Batches, which are made as they are taken."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    #: How many rows there will be, where it is known.
    rows: Optional[int]


def source(given: Any) -> Source:
    """Takes whatever lists images. Raises `TypeError` for what does not."""
    if isinstance(given, pa.RecordBatch):
        given = pa.Table.from_batches([given])
    elif isinstance(given, (pa.Array, pa.ChunkedArray)):
        given = pa.table([given], names=[COLUMN])
    elif _is_frame_of("pandas", given):
        given = pa.Table.from_pandas(given, preserve_index=False)
    if isinstance(given, pa.Table):
        return Source(given.schema, iter(given.to_batches(max_chunksize=ROWS)), given.num_rows)
    if isinstance(given, pa.RecordBatchReader):
        return Source(given.schema, _parts(given), None)
    if hasattr(given, "__arrow_c_stream__") and hasattr(given, "columns"):
        rows = len(given) if isinstance(given, Sized) else None
        reader = pa.RecordBatchReader.from_stream(given)
        return Source(reader.schema, _parts(reader), rows)
    if isinstance(given, (str, bytes, dict)) or not isinstance(given, Iterable):
        raise TypeError(
            "images are listed in an iterable of URLs, a pandas or Polars DataFrame, or a pyarrow Table, RecordBatch or "
            f"RecordBatchReader, not in `{type(given).__name__}`"
        )
    schema = pa.schema([(COLUMN, pa.string())])
    return Source(schema, _urls(given, schema), len(given) if isinstance(given, Sized) else None)


def _is_frame_of(package: str, given: Any) -> bool:
    return type(given).__module__.split(".")[0] == package and hasattr(given, "columns")


def _parts(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        for at in range(0, batch.num_rows, ROWS):
            yield batch.slice(at, ROWS)


def _urls(urls: Iterable[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    left = iter(urls)
    while some := [None if url is None else os.fspath(url) for url in islice(left, URLS)]:
        yield pa.record_batch([pa.array(some, pa.string())], schema=schema)
