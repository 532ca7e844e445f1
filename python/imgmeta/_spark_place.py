"""Files of a folder that Spark writes, by Hadoop's own client in the driver's JVM."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


class Place:
    """A folder on whatever Hadoop knows: `hdfs://`, `s3://`, `file:`. Names are relative to it, with `/` between them."""

    def __init__(self, session: SparkSession, place: str) -> None:
        context: Any = session.sparkContext
        self.name = place.rstrip("/")
        self._path = context._jvm.org.apache.hadoop.fs.Path
        self._files = self._path(place).getFileSystem(context._jsc.hadoopConfiguration())

    def at(self, *names: str) -> str:
        """The whole name, as Spark takes it."""
        return "/".join([self.name, *names])

    def has(self, *names: str) -> bool:
        return bool(self._files.exists(self._path(self.at(*names))))

    def is_empty(self) -> bool:
        """Whether nothing is there, or an empty folder."""
        return not self.has() or not self._files.listStatus(self._path(self.name))

    def parts(self, *names: str) -> list[str]:
        """Names of the parts in a folder, in the order of their numbers."""
        found = self._files.listStatus(self._path(self.at(*names)))
        return sorted(name for status in found if (name := status.getPath().getName()).startswith("part-"))

    def touch(self, *names: str) -> None:
        """Makes an empty file, or empties one."""
        self._files.create(self._path(self.at(*names)), True).close()

    def make(self, *names: str) -> None:
        """Makes a folder, and those above it."""
        self._files.mkdirs(self._path(self.at(*names)))

    def delete(self, *names: str) -> None:
        """Deletes a file or folder with all that is in it; nothing, where it is not there."""
        self._files.delete(self._path(self.at(*names)), True)

    def rename(self, old: list[str], new: list[str]) -> None:
        """Raises OSError where it cannot be: Hadoop only says no."""
        old_name, new_name = self.at(*old), self.at(*new)
        if not self._files.rename(self._path(old_name), self._path(new_name)):
            raise OSError(f"cannot rename `{old_name}` to `{new_name}`")
