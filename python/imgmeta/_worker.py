"""The program at work: a process that takes batches and gives batches, and what keeps it going."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import IO, Optional, TypeVar, cast

import pyarrow as pa

from imgmeta._binary import binary
from imgmeta._errors import WorkerError
from imgmeta._source import Source

T = TypeVar("T")

#: Last lines of its stderr that are kept.
LINES = 20
#: Bytes that a pipe holds: the usual 64 KiB would be filled and emptied fifty times for a batch of outcomes.
PIPE = 1 << 20
#: How long a thread is waited for that is inside somebody else's iterator, in seconds.
PATIENCE = 1.0


class Worker:
    """`imgmeta worker`, a thread that feeds it, and one that listens to its errors.

    Pipes bound what is on its way: who reads slowly stops the feeding.
    """

    def __init__(self, source: Source, arguments: list[str]) -> None:
        self._process = subprocess.Popen(
            [binary(), "worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # What it says becomes the text of an exception. Jupyter has all programs write colours.
            env={**os.environ, "NO_COLOR": "1"},
            # Ctrl-C is for this process, which ends the other one in its own time.
            start_new_session=True,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            # Refused where the user's pipes hold too much already (pipe(7)); Python has the name on Linux alone.
            with suppress(OSError, AttributeError):
                fcntl.fcntl(self._pipe(pipe), fcntl.F_SETPIPE_SZ, PIPE)
        #: What the source raised.
        self._raised: Optional[BaseException] = None
        self._said: deque[str] = deque(maxlen=LINES)
        self._threads = [
            threading.Thread(target=self._feed, args=(source,), name="imgmeta-feed", daemon=True),
            threading.Thread(target=self._listen, name="imgmeta-listen", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def schema(self) -> pa.Schema:
        """The columns of what it gives. Waits until it has begun."""
        return self._explained(lambda: self._reader.schema)

    def take(self) -> Optional[pa.RecordBatch]:
        """The next outcomes; `None` behind the last ones."""
        batch = self._explained(lambda: next(self._reader, None))
        if batch is None:
            self._check()
        return batch

    @cached_property
    def _reader(self) -> pa.RecordBatchReader:
        return pa.ipc.open_stream(self._pipe(self._process.stdout))

    def _explained(self, read: Callable[[], T]) -> T:
        """What is read; where it breaks off, why it does."""
        try:
            return read()
        except (pa.ArrowException, OSError):
            self._check()
            raise

    def stop(self) -> None:
        """Ends it at once, and all that belongs to it. May be called again, and from any thread."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(PATIENCE)
        self._pipe(self._process.stdout).close()

    def _check(self) -> None:
        """Raises what made it end before its time."""
        code = self._process.wait()
        for thread in self._threads:
            thread.join(PATIENCE)
        if self._raised is not None:
            raise self._raised
        if code != 0:
            raise WorkerError(code, "\n".join(self._said))

    def _feed(self, source: Source) -> None:
        try:
            self._write(source)
        except BaseException as error:
            self._raised = error
            self._process.kill()
        finally:
            try:
                self._pipe(self._process.stdin).close()
            except OSError:
                pass  # It ended before it had read all: its exit code says why.

    def _write(self, source: Source) -> None:
        pipe = self._pipe(self._process.stdin)
        batches = iter(source.batches)
        writer = None
        while True:
            try:
                if writer is None:
                    writer = pa.ipc.new_stream(pipe, source.schema)
                pipe.flush()
            except OSError:
                return
            batch = next(batches, None)
            try:
                if batch is None:
                    return writer.close()
                writer.write_batch(batch)
            except OSError:
                return

    def _listen(self) -> None:
        with self._pipe(self._process.stderr) as pipe:
            for line in pipe:
                self._said.append(line.decode(errors="replace").rstrip())

    @staticmethod
    def _pipe(pipe: Optional[IO[bytes]]) -> io.IOBase:
        assert pipe is not None, "it was asked for"
        return cast(io.IOBase, pipe)
