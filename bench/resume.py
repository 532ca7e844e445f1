#!/usr/bin/env python3
"""How soon a run of 10^9 rows goes on: an output as such a run leaves it in its middle, with a manifest for each 10,000
rows, is resumed.

    bench/resume.py [--manifests N] [--loose]

The run is a small one whose output is then filled up with the shards of N times 10,000 other rows (default: 100,000), empty
parts and all, so that what is resumed has to be checked. With --loose no manifest is in the log of manifests yet.
"""
import argparse
import hashlib
import json
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/imgmeta"
EMPTY = hashlib.sha256(b"").hexdigest()
SHARD = 10_000


def manifest(number, run):
    first = 1_000 + number * SHARD
    files = [{"path": f"{folder}_output/part-{number + 1:08}.json", "size": 0, "sha256": EMPTY}
             for folder in ("failure", "success")]
    tally = {"rows": SHARD, "records": SHARD, "failures": 0, "kinds": {}, "bytes_read": 0, "bytes_whole": 0}
    return {"format": 1, "number": number + 1, "run": run, "files": files, "rows": f"{first}-{first + SHARD - 1}",
            "tally": tally, "closing": False}


def fill(output, manifests, loose):
    """Adds shards to an output, and takes its end away."""
    folder = output / "_imgmeta/manifests"
    run = json.loads((folder / "00000000.json").read_text())["run"]
    for path in folder.glob("0000000[1-9].json"):
        path.unlink()
    for marker in output.glob("*_output/_SUCCESS"):
        marker.unlink()
    for kind in ("failure", "success"):
        for number in range(manifests):
            (output / f"{kind}_output/part-{number + 1:08}.json").write_text("")
    for start in range(0, manifests, 1_000):
        part = [manifest(number, run) for number in range(start, min(start + 1_000, manifests))]
        if loose:
            for one in part:
                (folder / f"{one['number']:08}.json").write_text(json.dumps(one) + "\n")
        else:
            name = f"{part[0]['number']:08}-{part[-1]['number']:08}.ndjson"
            (folder / name).write_text("".join(json.dumps(one) + "\n" for one in part))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifests", type=int, default=100_000)
    parser.add_argument("--loose", action="store_true")
    args = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--workspace", "--bins", "--quiet"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as folder:
        output, rows = Path(folder) / "out", Path(folder) / "list.txt"
        image = ROOT / "tests/data/images/synthetic/gps_ne_le.jpg"
        rows.write_text(f"{image}\n" * 10)
        command = [PROGRAM, "run", rows, "--output", output, "--resume"]
        subprocess.run([*command, "--shard-rows", "5"], check=True, stderr=subprocess.DEVNULL)
        fill(output, args.manifests, args.loose)
        start = time.monotonic()
        done = subprocess.run(["/usr/bin/env", "time", "-f", "%M KiB at most", *command], stderr=subprocess.PIPE, text=True)
        took = time.monotonic() - start
        assert done.returncode == 0, done.stderr
        parts = len(list((output / "_imgmeta/manifests").iterdir()))
        print(f"{args.manifests} manifests of {SHARD} rows: resumed and ended in {took:.1f} s, "
              f"{done.stderr.splitlines()[-1]}; {parts} files of manifests then")


if __name__ == "__main__":
    main()
