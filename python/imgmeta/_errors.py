"""What goes wrong, as exceptions."""

from __future__ import annotations


class ImageError(Exception):
    """An image cannot be read.

    `kind` and `phase` are words of closed lists, the same as in failures: `not_found`, `not_an_image`, `damaged` ...;
    `request`, `body`, `identify`. `url` is the path, or empty for bytes.

    >>> import imgmeta
    >>> try:
    ...     imgmeta.inspect(b"<html>")
    ... except imgmeta.ImageError as error:
    ...     print(error.kind, error.phase, error)
    not_an_image identify not an image but an HTML page
    """

    def __init__(self, message: str, kind: str, phase: str, url: str) -> None:
        # All of them, so that it can be pickled.
        super().__init__(message, kind, phase, url)
        self.kind = kind
        self.phase = phase
        self.url = url

    def __str__(self) -> str:
        message: str = self.args[0]
        return f"{self.url}: {message}" if self.url else message


class ProgramError(RuntimeError):
    """The program `imgmeta` is not to be found, or cannot be run."""


class WorkerError(RuntimeError):
    """The program could not do what it was asked; `code` is its exit code, `stderr` the last lines that it said."""

    def __init__(self, code: int, stderr: str) -> None:
        super().__init__(code, stderr)
        self.code = code
        self.stderr = stderr

    def __str__(self) -> str:
        return f"`imgmeta` ended with code {self.code}: {self.stderr or 'it said nothing'}"


class IncompleteError(RuntimeError):
    """A folder is no finished run: its `success_output/_SUCCESS` is not there."""
