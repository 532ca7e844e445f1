"""What Python does with images, as a process of its own: `ways.py WAY LIST OUT`.

The seconds of the work alone go to standard output: starting Python is not counted. What was found goes to OUT as JSON, for the check.

    original       as the original program: the whole image by requests, Pillow, piexif; one after the other
    original-32    the same in 32 threads
    pillow         the same from local files
    read           the first 64 KiB of each file, in two processes
    decode         all pixels of each file by Pillow, in two processes
"""
import io
import json
import multiprocessing
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import piexif
import requests
from PIL import Image

PROCESSES = 2


def look(body):
    opened = Image.open(io.BytesIO(body))
    return opened.format, opened.mode, opened.size, piexif.load(body), len(body)


def fetch(url):
    return look(requests.get(url, timeout=30).content)


def local(path):
    with open(path, "rb") as file:
        return look(file.read())


def first(path):
    with open(path, "rb") as file:
        return len(file.read(65_536))


def decode(path):
    with Image.open(path) as opened:
        opened.load()
        return opened.size


def one_by_one(function):
    return lambda items: list(map(function, items))


def threads(items):
    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(fetch, items))


def each(function, items):
    return [function(item) for item in items]


WAYS = {"original": one_by_one(fetch), "original-32": threads, "pillow": one_by_one(local)}
SHARED = {"read": first, "decode": decode}


def shared(function, items):
    """In processes that have started before the clock does; gives the seconds and the answers, in the order of the items."""
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        pool.starmap(each, [(abs, [0])] * PROCESSES, chunksize=1)
        start = time.perf_counter()
        found = pool.starmap(each, [(function, items[at::PROCESSES]) for at in range(PROCESSES)], chunksize=1)
        took = time.perf_counter() - start
    answers = [None] * len(items)
    for at, part in enumerate(found):
        answers[at::PROCESSES] = part
    return took, answers


def plain(kind, mode, size, known, length):
    """What Pillow and piexif found, under the names of a record."""
    place = {"Latitude": None, "Longitude": None}
    if known["GPS"]:
        for at, name in ((1, "Latitude"), (3, "Longitude")):
            parts = [number / unit for number, unit in known["GPS"][at + 1]]
            place[name] = (1 if known["GPS"][at] in (b"N", b"E") else -1) * sum(part / 60 ** power for power, part in enumerate(parts))
    return {"Format": kind, "Mode": mode, "Width": size[0], "Height": size[1], "Make": known["0th"][271].decode(), "Model": known["0th"][272].decode(),
            "DateTimeOriginal": known["Exif"][36867].decode(), "Bytes": length, **place}


def main():
    way, listed, out = sys.argv[1:]
    items = Path(listed).read_text().split("\n")[:-1]
    if way in SHARED:
        took, answers = shared(SHARED[way], items)
    else:
        start = time.perf_counter()
        found = WAYS[way](items)
        took = time.perf_counter() - start
        answers = [plain(*each) for each in found]
    Path(out).write_text(json.dumps(list(zip(items, answers))))
    print(took)


if __name__ == "__main__":
    main()
