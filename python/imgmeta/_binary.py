"""Where the program is."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from imgmeta._errors import ProgramError

#: Names a program to use instead of the one in this package.
VARIABLE = "IMGMETA_BINARY"


def binary() -> str:
    """The path of the program: what `IMGMETA_BINARY` names, else the one in this package, else the one on `PATH`.

    Raises `ProgramError` where there is none.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise ProgramError(f"{VARIABLE} names `{named}`, which is no program")
        return named
    inside = Path(__file__).parent / "bin" / "imgmeta"
    if inside.is_file():
        return _executable(inside)
    found = shutil.which("imgmeta")
    # The command that this package installs would only come back here.
    if found and not _is_script(found):
        return found
    raise ProgramError(
        "the program `imgmeta` is neither in this package nor on PATH: install a wheel of this system, "
        f"or set {VARIABLE} to a built program"
    )


def _is_script(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


@lru_cache(maxsize=None)
def _executable(inside: Path) -> str:
    """What came out of an archive without its mode (Spark's do) is made executable, or copied to where it can be."""
    if os.access(inside, os.X_OK):
        return str(inside)
    try:
        inside.chmod(0o755)
    except OSError:
        pass
    return str(inside) if os.access(inside, os.X_OK) else _copied(inside)


def _copied(inside: Path) -> str:
    about = inside.stat()
    folder = Path(tempfile.gettempdir()) / f"imgmeta-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise ProgramError(f"`{folder}` is not this user's alone: remove it, or set {VARIABLE}")
    copy = folder / f"imgmeta-{about.st_size}-{about.st_mtime_ns}"
    if not copy.is_file():
        # Written beside it and renamed: another process finds all of it or nothing.
        handle, draft = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as target, open(inside, "rb") as source:
            shutil.copyfileobj(source, target)
        os.chmod(draft, 0o700)
        os.replace(draft, copy)
    return str(copy)
