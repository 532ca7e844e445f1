"""Builds the wheel, with the program in it.

    python build.py [PROGRAM] [--out FOLDER]

PROGRAM is a built `imgmeta` (default: `target/release/imgmeta`); the wheel is left in FOLDER (default: `target/wheels`).
Needs maturin, in the Python that runs this, and Rust. Nothing but the small `imgmeta-python` is compiled.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program", nargs="?", type=Path, default=TARGET / "release" / "imgmeta")
    arguments.add_argument("--out", type=Path, default=TARGET / "wheels")
    given = arguments.parse_args()
    if not given.program.is_file():
        sys.exit(f"error: `{given.program}` is not there: cargo build --release")
    inside = HERE / "imgmeta" / "bin" / "imgmeta"
    inside.parent.mkdir(exist_ok=True)
    # Beside it and renamed: two that build at once each find a whole file.
    draft = inside.with_name(f"draft-{os.getpid()}")
    shutil.copy(given.program, draft)
    draft.chmod(0o755)
    if shutil.which("strip"):
        # The names of functions are a third of it.
        subprocess.run(["strip", draft], check=True)
    draft.replace(inside)
    subprocess.run(
        [sys.executable, "-m", "maturin", "build", "--profile", "wheel", "--target-dir", TARGET, "--out", given.out],
        cwd=HERE,
        check=True,
    )


if __name__ == "__main__":
    main()
