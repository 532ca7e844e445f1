"""Images by URL to their outcomes, over the program's worker."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, Union

import pyarrow as pa

from imgmeta._options import Options, arguments
from imgmeta._source import Source, source as source_of
from imgmeta._worker import Worker

if TYPE_CHECKING:
    import pandas
    import polars
    from typing_extensions import Self, Unpack


def extract(
    source: Any,
    *,
    url_column: Optional[str] = None,
    keep_columns: Union[None, str, Sequence[str]] = None,
    progress: bool = False,
    **options: Unpack[Options],
) -> Outcomes:
    """Reads images by URL, many at a time, and gives their outcomes as they finish.

    - `source` lists the images: an iterable of URLs or paths (a list, a generator, a Series), a pandas or Polars
      DataFrame, or a pyarrow Table, RecordBatch or RecordBatchReader. It is taken bit by bit, in a thread of its own.
    - `url_column`: the column of the URLs. Default: the one with a usual name (`url`, `image_url`), or the only one.
    - `keep_columns`: columns that go into `Extra` as text, or `"all"`. Default: none; all others go through as they are.
    - `progress`: shows a bar, by tqdm.
    - `options`: see `Options` and `imgmeta worker --help`: `concurrency=64`, `xmp=True`, `allow_private=True` ...

    Every row becomes one outcome: a record (`Success` is true) or a failure, with the columns of `success_parquet` and
    `failure_parquet`, and in the order in which images finish.

    Raises `TypeError` for an unknown option or source, `WorkerError` where the program cannot do what it is asked (while
    iterating), and whatever `source` raises.

    >>> import imgmeta, pyarrow as pa
    >>> images = pa.table({"id": [1, 2], "url": [str(photo), "gone.jpg"]})
    >>> table = imgmeta.extract(images).to_table()
    >>> for row in table.sort_by("id").select(["id", "Success", "Format", "Kind"]).to_pylist():
    ...     print(row)
    {'id': 1, 'Success': True, 'Format': 'JPEG', 'Kind': None}
    {'id': 2, 'Success': False, 'Format': None, 'Kind': 'not_found'}
    """
    given = source_of(source)
    flags = arguments(options)
    if url_column is not None:
        flags.append(f"--url-column={url_column}")
    if keep_columns is not None:
        names = keep_columns if isinstance(keep_columns, str) else ",".join(keep_columns)
        flags.append(f"--keep-columns={names}")
    return Outcomes(given, flags, _bars() if progress else None)


class Outcomes(Iterator[pa.RecordBatch]):
    """Outcomes of images, as batches of pyarrow: once through, as they come.

    The program ends with the last one, with `close`, with a `with` block, with an exception, or when nobody holds this
    any more.

    >>> import imgmeta
    >>> with imgmeta.extract([photo]) as outcomes:
    ...     for batch in outcomes:
    ...         print(batch.num_rows, batch.column("Mode").to_pylist())
    1 ['RGB']
    """

    def __init__(self, source: Source, flags: list[str], bars: Optional[Callable[..., Any]] = None) -> None:
        self._bar: Any = None
        self._worker = Worker(source, flags)
        self._stop = weakref.finalize(self, self._worker.stop)
        if bars is not None:
            # `miniters`: after a batch of many images tqdm would wait for as many again before it shows something.
            self._bar = bars(total=source.rows, unit=" images", miniters=1)

    @property
    def schema(self) -> pa.Schema:
        """The columns; `imgmeta.schema_version` in its metadata says which version they are."""
        with self._ending():
            return self._worker.schema

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> pa.RecordBatch:
        with self._ending():
            batch = self._worker.take() if self._stop.alive else None
            if batch is None:
                raise StopIteration
            if self._bar is not None:
                self._bar.update(batch.num_rows)
        return batch

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Whatever is raised ends the program: Ctrl-C, an error, and that there is nothing more."""
        try:
            yield
        except BaseException as error:
            if self._bar is not None and self._bar.total is None and not isinstance(error, StopIteration):
                # Without a total every end is green to tqdm.
                self._bar.colour = "red"
            self.close()
            raise

    def close(self) -> None:
        """Ends the program. What was not read yet is lost."""
        self._stop()
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def to_table(self) -> pa.Table:
        """All that is left, as a pyarrow Table."""
        schema = self.schema
        return pa.Table.from_batches(list(self), schema)

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """All that is left, as a pandas DataFrame; `options` are those of `pyarrow.Table.to_pandas`."""
        return self.to_table().to_pandas(**options)

    def to_polars(self) -> polars.DataFrame:
        """All that is left, as a Polars DataFrame."""
        import polars

        frame = polars.from_arrow(self.to_table())
        assert isinstance(frame, polars.DataFrame), "a table becomes a frame"
        return frame


def _bars() -> Callable[..., Any]:
    """What makes a bar, of widgets in a notebook."""
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install 'imgmeta[progress]'") from error
    return tqdm
