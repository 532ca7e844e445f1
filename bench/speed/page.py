"""What benchmarks say of the machine and the program, and where their tables go."""
import os
import re
import subprocess
from pathlib import Path

from .install import PROGRAM, ROOT

PAGE = ROOT / "docs/performance.md"


def first_line(*command):
    ended = subprocess.run(command, capture_output=True, text=True)
    return (ended.stdout + ended.stderr).strip().splitlines()[0]


def machine():
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return f"{model.group(1) if model else os.uname().machine}, {os.cpu_count()} cores, Linux {os.uname().release}"


def version(program):
    """The program's version, and its commit where it was built here."""
    commit = first_line("git", "-C", ROOT, "describe", "--always", "--dirty") if program == PROGRAM else "built elsewhere"
    return f"{first_line(program, '--version')} ({commit})"


def put(name, heading, part):
    """Puts a part between the markers of `name`, or at the end of the page with a heading."""
    begin, end, page = f"<!-- {name} -->", f"<!-- /{name} -->", PAGE.read_text()
    if begin not in page:
        page += f"\n## {heading}\n\n{begin}\n{end}\n"
    before, _, rest = page.partition(begin)
    PAGE.write_text(f"{before}{begin}\n{part}\n\n{end}{rest.partition(end)[2]}")
