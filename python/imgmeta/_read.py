"""What `imgmeta run` wrote, as tables."""

from __future__ import annotations

import io
import json
import os
import posixpath
import subprocess
from functools import cached_property
from typing import Any, Optional, Union

import pyarrow as pa
import pyarrow.fs
import pyarrow.json
import pyarrow.parquet

from imgmeta._binary import binary
from imgmeta._errors import IncompleteError

#: Longest line of JSON, in bytes: text of 64 KiB may stand in it many times.
BLOCK = 64 << 20


def read(place: Union[str, os.PathLike[str]], *, filesystem: Optional[pyarrow.fs.FileSystem] = None) -> Run:
    """Opens the folder of a finished run.

    `place` is a local path, or a URI that pyarrow knows (`s3://`, `hdfs://`, `gs://`); with `filesystem`, a path in it
    (of fsspec: `pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(...))`). Nothing is read before it is asked for.

    Raises `IncompleteError` for what is no finished run.

    >>> import imgmeta
    >>> run = imgmeta.read(finished)
    >>> run.success.column_names
    ['URL', 'Format', 'Mode', 'Size', 'EXIF', ...]
    >>> "not_an_image" in run.failure.column("Kind").to_pylist()
    True
    """
    return Run(place, filesystem)


class Run:
    """The folder of a finished run."""

    def __init__(
        self, place: Union[str, os.PathLike[str]], filesystem: Optional[pyarrow.fs.FileSystem] = None
    ) -> None:
        self._files, self._root = (filesystem, os.fspath(place)) if filesystem else _located(os.fspath(place))
        if not self._is_file("success_output/_SUCCESS"):
            raise IncompleteError(
                f"`{os.fspath(place)}` is no finished run: it has no success_output/_SUCCESS; "
                "if it was interrupted, `imgmeta run ... --resume` finishes it"
            )

    @cached_property
    def success(self) -> pa.Table:
        """The records: from the mirror, where there is one, else from the JSON.

        From the JSON, `TakenAt` is text and each IFD of `EXIF` a struct of all tags there are; `XMP` and `IPTC`, whose
        names are open, are left out. `imgmeta mirror DIR` makes the mirror.
        """
        return self._table("success")

    @cached_property
    def failure(self) -> pa.Table:
        """The failures, likewise."""
        return self._table("failure")

    def _table(self, rows: str) -> pa.Table:
        if self._is_file(f"{rows}_parquet/_SUCCESS"):
            parts = self._parts(f"{rows}_parquet")
            return pa.concat_tables(pyarrow.parquet.read_table(part, filesystem=self._files) for part in parts)
        parts = self._parts(f"{rows}_output")
        schema = _schema(rows, self._settings().get("exif_keys", "names"))
        names = self._extra(parts)
        if names:
            schema = schema.append(pa.field("Extra", pa.struct([(name, pa.string()) for name in names])))
        tables = [self._json(part, schema) for part in parts]
        return pa.concat_tables(tables) if tables else schema.empty_table()

    def _json(self, part: str, schema: pa.Schema) -> pa.Table:
        about = self._files.get_file_info(part)
        if about.size == 0:
            return schema.empty_table()
        options = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
        with self._open(part) as stream:
            return pyarrow.json.read_json(stream, pyarrow.json.ReadOptions(block_size=BLOCK), options)

    def _extra(self, parts: list[str]) -> list[str]:
        """The kept columns: they are the same in all rows."""
        for part in parts:
            with self._open(part) as stream:
                line = io.BufferedReader(stream).readline()
            if line:
                return list(json.loads(line)["Extra"] or {})
        return []

    def _open(self, path: str) -> Any:
        """A file, decompressed where its name says that it is compressed."""
        return self._files.open_input_stream(path)

    def _settings(self) -> dict[str, Any]:
        if not self._is_file("_imgmeta/settings.json"):
            raise IncompleteError(
                f"`{self._root}` has no mirror, and no settings that say how its JSON is read: if it was written from Spark, "
                "leave `parquet=True`, or read the JSON with the schema that `imgmeta schema` prints"
            )
        with self._open(self._path("_imgmeta/settings.json")) as stream:
            settings: dict[str, Any] = json.loads(stream.read())["settings"]
        return settings

    def _parts(self, folder: str) -> list[str]:
        found = self._files.get_file_info(pyarrow.fs.FileSelector(self._path(folder)))
        return sorted(info.path for info in found if info.base_name.startswith("part-"))

    def _path(self, name: str) -> str:
        return posixpath.join(self._root, name)

    def _is_file(self, name: str) -> bool:
        return bool(self._files.get_file_info(self._path(name)).type == pyarrow.fs.FileType.File)


def _located(place: str) -> tuple[pyarrow.fs.FileSystem, str]:
    if "://" in place:
        files, path = pyarrow.fs.FileSystem.from_uri(place)
        return files, path
    return pyarrow.fs.LocalFileSystem(), os.path.abspath(place)


def _schema(rows: str, keys: str) -> pa.Schema:
    """The schema of the JSON lines, as the program prints it: Python, ready to be evaluated."""
    command = [binary(), "schema", "--format=pyarrow", f"--exif-keys={keys}"]
    if rows == "failure":
        command.append("--failures")
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    scope: dict[str, Any] = {}
    exec(printed, {"pa": pa}, scope)
    schema: pa.Schema = scope["schema"]
    return schema
