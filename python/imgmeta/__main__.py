"""The program as a command: `imgmeta`, or `python -m imgmeta`."""

from __future__ import annotations

import os
import sys

from imgmeta._binary import binary
from imgmeta._errors import ProgramError


def main() -> None:
    """Becomes the program, with the arguments that were given."""
    try:
        program = binary()
    except ProgramError as error:
        sys.exit(f"error: {error}")
    os.execv(program, ["imgmeta", *sys.argv[1:]])


if __name__ == "__main__":
    main()
