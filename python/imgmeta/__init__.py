"""What images say of themselves: format, size, EXIF, GPS, XMP, IPTC; by bytes, path or URL, one or millions.

- `inspect`: one image at hand, as a dict.
- `extract`: images by URL, from a list, a pandas or Polars frame or pyarrow; the outcomes as pyarrow batches or a frame.
- `read`: the folder that `imgmeta run` wrote, as pyarrow tables.

What a record and a failure hold is the same everywhere; `docs/python.md` and the README of the repository list it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imgmeta._errors import ImageError, IncompleteError, ProgramError, WorkerError
from imgmeta._extract import Outcomes, extract
from imgmeta._options import Options
from imgmeta._read import Run, read

if TYPE_CHECKING:
    from imgmeta._native import inspect

__all__ = [
    "ImageError",
    "IncompleteError",
    "Options",
    "Outcomes",
    "ProgramError",
    "Run",
    "WorkerError",
    "extract",
    "inspect",
    "read",
]


def __getattr__(name: str) -> Any:
    # It is compiled, and nothing that is compiled is loaded from a zip: Spark's `--py-files` are used as they are.
    if name == "inspect":
        from imgmeta._native import inspect

        # Next time it is found without asking here.
        globals()[name] = inspect
        return inspect
    raise AttributeError(f"module `imgmeta` has no attribute `{name}`")
