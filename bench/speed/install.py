"""What bench/speed.py runs beside the program, from the registries: Debian's packages and PyPI."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "imgmeta/bench"
PROGRAM = ROOT / "target/release/imgmeta"
# Tool: the package that has it.
TOOLS = {"nginx": "nginx-light", "wrk": "wrk", "h2load": "nghttp2-client", "exiftool": "libimage-exiftool-perl", "openssl": "openssl",
         "unshare": "util-linux", "setpriv": "util-linux", "nsenter": "util-linux", "ip": "iproute2", "tc": "iproute2", "cc": "build-essential",
         "valgrind": "valgrind"}
PYTHON = ["img2dataset", "pillow", "piexif", "requests", "matplotlib", "orjson", "pyarrow"]


def tools(*some):
    """Installs the tools that are missing where this may be done, or says which they are: all of them, or some."""
    missing = [package for tool, package in TOOLS.items() if (not some or tool in some) and not shutil.which(tool)]
    if not missing:
        return
    if os.geteuid() or not shutil.which("apt-get"):
        sys.exit(f"error: tools are missing: apt-get install {' '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], check=True, env=quiet, stdout=sys.stderr)
    subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", *missing], check=True, env=quiet, stdout=sys.stderr)


def python():
    """The Python of the benchmark's own environment."""
    folder = CACHE / f"python-{sys.version_info.major}.{sys.version_info.minor}"
    whole = folder / "whole"
    if not (whole.is_file() and whole.read_text().split() == PYTHON):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", "--disable-pip-version-check", *PYTHON], check=True, stdout=sys.stderr)
        whole.write_text("\n".join(PYTHON))
    return folder / "bin/python"


def program(path):
    """The program to measure: the one at `path`, or one that is built now."""
    if path:
        return path.resolve()
    subprocess.run(["cargo", "build", "--release", "--locked", "--workspace", "--bins"], cwd=ROOT, check=True)
    return PROGRAM
