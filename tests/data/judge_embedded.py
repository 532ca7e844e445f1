#!/usr/bin/env python3
"""Writes what exiftool says of ICC profiles, XMP and IPTC: one line for each file that has any, to `embedded.jsonl`.

`profile` is the description; `iptc` names and values; `xmp` names with prefixes, in lower case, and values: null where
exiftool says them in another form (structures).

tests/data/judge_embedded.py IMAGES... > embedded.jsonl        (each holds folders of images)
"""
import json
import subprocess
import sys
from pathlib import Path

PREFIXES = {"iptcCore": "Iptc4xmpCore", "iptcExt": "Iptc4xmpExt", "microsoft": "MicrosoftPhoto", "HDRGainMap": "hdrgm"}
# Of the packet itself, and names that are exiftool's own.
LEFT_OUT = {"XMP-x:XMPToolkit", "XMP-rdf:About", "XMP-photoshop:ICCProfileName", "XMP-microsoft:RatingPercent"}
# Groups in which exiftool has names of its own, and computes values: quotients, positions, times.
COMPUTED = {"XMP-exif", "XMP-tiff", "XMP-aux", "XMP-crs", "XMP-exifEX"}


def flat(value):
    values = value if isinstance(value, list) else [value]
    return None if any(isinstance(one, (dict, list)) for one in values) else [str(one) for one in values]


def line(path, tags):
    out = {"path": path, "profile": None, "iptc": {}, "xmp": {}}
    for name, value in tags.items():
        group, _, tag = name.partition(":")
        if name == "ICC_Profile:ProfileDescription":
            out["profile"] = str(value).strip()
        elif group == "IPTC":
            out["iptc"][tag] = flat(value)
        elif group.startswith("XMP-") and group not in COMPUTED and name not in LEFT_OUT and "-" not in tag:
            prefix = PREFIXES.get(group[4:], group[4:])
            out["xmp"][f"{prefix}:{tag}".lower()] = flat(value)
    return out


for images in map(Path, sys.argv[1:]):
    files = sorted(str(path.relative_to(images)) for path in images.glob("*/*") if path.is_file())
    command = ["exiftool", "-j", "-n", "-G1", "-struct", "-q", "-ICC_Profile:ProfileDescription", "-XMP:all", "-IPTC:all"]
    answers = subprocess.run([*command, *files], cwd=images, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for answer in json.loads(answers.decode("utf-8", "replace")):
        found = line(answer.pop("SourceFile"), answer)
        if found["profile"] or found["iptc"] or found["xmp"]:
            print(json.dumps(found, ensure_ascii=False))
