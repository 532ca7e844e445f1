#!/usr/bin/env python3
"""Rows a second in Spark with two executors of one core, beside the command on the same list, the original program's way and
img2dataset's; and the memory of a worker.

    bench/spark.py [--rows N] [--rounds N] [--img2dataset PYTHON]

Needs nginx and openssl (apt-get install nginx-light openssl), and pyspark, pyarrow, pandas, requests, pillow and piexif in the Python that runs this.
PYTHON is one that has img2dataset and pyspark. nginx serves 1,000 JPEGs of 86 KB on loopback. Start-up is not counted: sessions are
up, and have done the same once, before the clock starts. `write` gets a tenth of the rows, the last two a twentieth. Figures are ratios of what ran by
turns: the machine may be shared.
"""
import argparse
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from lists import anonymous
from speed.install import ROOT, tools
from speed.servers import nginx

sys.path[:0] = [str(ROOT / "python"), str(ROOT / "tests/python")]
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
os.environ["PYSPARK_PYTHON"] = sys.executable
PROGRAM = os.environ.get("IMGMETA_BINARY", str(ROOT / "target/release/imgmeta"))
IMAGES = 1000
# The others are asked for so many times fewer rows, and `write` for so many.
FEWER, FEWER_WRITTEN = 20, 10
IMG2DATASET = """
import sys, time
from pyspark.sql import SparkSession
import img2dataset
session = SparkSession.builder.master("local-cluster[2,1,1024]").config("spark.driver.host", "127.0.0.1").config("spark.ui.enabled", "false")
session = session.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
session.sparkContext.parallelize(range(2), 2).map(lambda n: __import__("img2dataset") and n).count()
start = time.monotonic()
img2dataset.download(sys.argv[1], input_format="txt", output_folder=sys.argv[2], output_format="files", resize_mode="no", disable_all_reencoding=True,
    extract_exif=True, distributor="pyspark", processes_count=2, thread_count=64, number_sample_per_shard=int(sys.argv[3]), enable_wandb=False)
print("took", time.monotonic() - start)
"""


def write_list(path, port, rows):
    path.write_text("".join(f"http://127.0.0.1:{port}/web/{row * 7919 % IMAGES}.jpg?{row}\n" for row in range(rows)))


def took(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def command(urls, output, *flags):
    shutil.rmtree(output, ignore_errors=True)
    # As many in flight as both workers have together.
    run = [PROGRAM, "run", urls, "--output", output, "--allow-private", "--concurrency", "128", "--per-host", "128", *flags]
    return took(lambda: subprocess.run([*run, "--progress", "never"], check=True, capture_output=True))


class Memory(threading.Thread):
    """Most anonymous memory of any worker, in MiB."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self.over = 0.0, threading.Event()

    def run(self):
        from spark_cluster import processes
        while not self.over.wait(0.1):
            self.most = max([self.most, *map(anonymous, processes("imgmeta", "worker", "--concurrency=64"))])


def outcomes(session, urls):
    from imgmeta.spark import extract
    listed = session.read.text(str(urls)).withColumnRenamed("value", "url")
    return extract(listed, allow_private=True, concurrency=64, per_host=128, hosts_across=2, partitions=2)


def nowhere(session, urls, _):
    return took(lambda: outcomes(session, urls).write.format("noop").mode("overwrite").save())


def into_parquet(session, urls, output):
    shutil.rmtree(output, ignore_errors=True)
    return took(lambda: outcomes(session, urls).write.parquet(f"file:{output}"))


def into_place(session, urls, output):
    from imgmeta.spark import write
    shutil.rmtree(output, ignore_errors=True)
    return took(lambda: write(outcomes(session, urls), f"file:{output}"))


def original(url):
    """What the original program did with a URL: all of the image, Pillow, piexif."""
    import piexif
    import requests
    from PIL import Image
    body = requests.get(url, timeout=10).content
    image = Image.open(io.BytesIO(body))
    return str([image.format, image.mode, image.size, piexif.load(body)])


def original_way(session, urls, rows, output):
    from pyspark.sql.functions import udf
    shutil.rmtree(output, ignore_errors=True)
    listed = session.read.text(str(urls)).repartition(2)
    return rows / took(lambda: listed.select(udf(original)("value")).write.text(f"file:{output}"))


def img2dataset(python, urls, rows, output):
    shutil.rmtree(output, ignore_errors=True)
    environment = {**os.environ, "PYSPARK_PYTHON": python}
    environment.pop("SPARK_HOME", None)
    said = subprocess.run([python, "-c", IMG2DATASET, urls, output, str(rows // 4)], check=True, capture_output=True, text=True, env=environment)
    assert len(list(Path(output).rglob("*.json"))) >= rows, "it has not read them all"
    return rows / float(said.stdout.rpartition("took ")[2])


def compare(session, args, folder, port):
    many, few, some, warm = (folder / f"{name}.txt" for name in ("many", "few", "some", "warm"))
    fewer = args.rows // FEWER
    for path, rows in ((many, args.rows), (some, args.rows // FEWER_WRITTEN), (few, fewer), (warm, fewer)):
        write_list(path, port, rows)
    # Way: its list, and how many times fewer rows that has.
    ways = {"extract": (nowhere, many, 1), "extract to Parquet": (into_parquet, many, 1), "write": (into_place, some, FEWER_WRITTEN)}
    for way, listed, _ in ways.values():
        way(session, listed, folder / "spark")
    memory = Memory()
    memory.start()
    ratios = {name: [] for name in ways}
    for _ in range(args.rounds):
        alone, mirror = command(many, folder / "run"), command(many, folder / "run", "--parquet")
        print(f"rows/s: run {args.rows / alone:.0f}, run --parquet {args.rows / mirror:.0f}", end="", flush=True)
        for name, (way, listed, times) in ways.items():
            seconds = way(session, listed, folder / "spark") * times
            ratios[name].append((alone if way is nowhere else mirror) / seconds)
            print(f", {name} {args.rows / seconds:.0f}", end="", flush=True)
        print()
    memory.over.set()
    assert session.read.parquet(f"file:{folder}/spark/success_parquet").count() == args.rows // FEWER_WRITTEN
    for name, found in ratios.items():
        beside = "run" if name == "extract" else "run --parquet"
        print(f"{name}: {statistics.median(found):.0%} of `{beside}`")
    print(f"a worker: {memory.most:.0f} MiB of anonymous memory at most (wanted: 150)")
    original_way(session, warm, fewer, folder / "original")
    print(f"the original's way, {fewer} rows: {original_way(session, few, fewer, folder / 'original'):.0f} rows/s")
    if args.img2dataset:
        print(f"img2dataset, {fewer} rows: {img2dataset(args.img2dataset, few, fewer, folder / 'img2dataset'):.0f} rows/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--img2dataset", metavar="PYTHON")
    args = parser.parse_args()
    tools("nginx", "openssl")
    from speed import images
    import pyspark
    os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
    from spark_cluster import cluster
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        images.make(folder / "images", "web", IMAGES)
        with nginx(folder) as (port, *_), cluster(PROGRAM, archive=True, java="") as session:
            compare(session, args, folder, port)


if __name__ == "__main__":
    main()
