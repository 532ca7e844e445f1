"""Options of reading images, by the names of the program's flags: the one table of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypedDict, Union, get_type_hints

#: A flag that may be repeated.
Several = Union[str, Sequence[str]]
#: A flag that stands alone (`True`) or with values.
Perhaps = Union[bool, str, Sequence[str]]


class Options(TypedDict, total=False):
    """What `extract` takes besides its own parameters: `concurrency=64` is `--concurrency 64`.

    What each means and its default: `imgmeta worker --help`. None and False leave an option at its default.
    """

    concurrency: int
    per_host: int
    timeout: Union[float, str]
    connect_timeout: Union[float, str]
    retries: int
    max_bytes: Union[int, str]
    memory: Union[int, str]
    allow_private: Perhaps
    allow_store: Several
    user_agent: str
    header: Several
    proxy: str
    ca_file: str
    robots: Perhaps
    exif_encoding: str
    exif_keys: str
    full: bool
    xmp: bool
    iptc: bool
    maker_notes: bool
    thumbnails: bool
    log_format: str


def arguments(options: Options) -> list[str]:
    """The options as arguments of the program.

    >>> arguments({"concurrency": 64, "xmp": True, "allow_private": ["10.0.0.0/8"], "header": ["A: b", "C: d"]})
    ['--concurrency=64', '--xmp', '--allow-private=10.0.0.0/8', '--header=A: b', '--header=C: d']
    >>> arguments({"concurency": 64})  # type: ignore[typeddict-unknown-key]
    Traceback (most recent call last):
      ...
    TypeError: there is no option `concurency`; there are: allow_private, allow_store, ca_file, ...
    """
    kinds = get_type_hints(Options)
    found: list[str] = []
    for name, value in options.items():
        if name not in kinds:
            raise TypeError(f"there is no option `{name}`; there are: {', '.join(sorted(kinds))}")
        if value is not None and value is not False:
            found.extend(_flags(name, kinds[name], value))
    return found


def _flags(name: str, kind: object, value: object) -> Iterator[str]:
    flag = f"--{name.replace('_', '-')}"
    if value is True:
        if kind not in (bool, Perhaps):
            raise TypeError(f"the option `{name}` needs a value")
        yield flag
    elif kind is bool:
        raise TypeError(f"the option `{name}` is True or False, not {value!r}")
    elif isinstance(value, (str, int, float)):
        yield f"{flag}={value}"
    elif kind == Several and isinstance(value, Sequence):
        yield from (f"{flag}={one}" for one in value)
    elif kind == Perhaps and isinstance(value, Sequence):
        yield f"{flag}={','.join(value)}"
    else:
        raise TypeError(f"the option `{name}` cannot be {value!r}")
