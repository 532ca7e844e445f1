"""Checks that JSON and mirror of runs hold the same rows, each once.

    same_rows.py FOLDER...
"""

import glob
import json
import sys

import pyarrow.parquet


def rows_of_json(folder):
    for part in sorted(glob.glob(f"{folder}/part-*.json")):
        with open(part, encoding="utf-8", newline="\n") as file:
            yield from (json.loads(line)["Row"] for line in file)


def rows_of_mirror(folder):
    for part in sorted(glob.glob(f"{folder}/part-*.parquet")):
        yield from pyarrow.parquet.read_table(part, columns=["Row"])["Row"].to_pylist()


for run in sys.argv[1:]:
    for kind in ["success", "failure"]:
        told, mirrored = list(rows_of_json(f"{run}/{kind}_output")), list(rows_of_mirror(f"{run}/{kind}_parquet"))
        assert told == mirrored, f"{run}: {kind}: {len(told)} rows of JSON, {len(mirrored)} of the mirror"
        assert len(set(told)) == len(told), f"{run}: {kind}: a row is there twice"
        assert glob.glob(f"{run}/{kind}_parquet/_SUCCESS"), f"{run}: {kind}: no _SUCCESS"
