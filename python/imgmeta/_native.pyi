from os import PathLike
from typing import Any

def inspect(
    path_or_bytes: str | PathLike[str] | bytes | bytearray | memoryview,
    *,
    xmp: bool = False,
    iptc: bool = False,
    maker_notes: bool = False,
    thumbnails: bool = False,
    exif_keys: str = "names",
    exif_encoding: str = "windows-1252",
) -> dict[str, Any]: ...
