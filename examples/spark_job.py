"""The job of the original program: a list of image URLs in, JSON on HDFS out, and the positions selected out of it.

    spark-submit --archives imgmeta.zip#package --conf spark.executorEnv.PYTHONPATH=package \\
        examples/spark_job.py hdfs:///lists/photos.csv hdfs:///images [OPTION=VALUE ...]

The list is CSV with a header, or text with one URL a line. `docs/spark.md` says how the package reaches the executors.
Options are those of `imgmeta worker`: `per_host=4`, `hosts_across=2`, `keep_columns=id`.
"""

import json
import sys

from pyspark.sql import SparkSession

from imgmeta import spark as imgmeta_spark


def option(text):
    """`per_host=4` as a number, `xmp=true` as a truth, anything else as text."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def main():
    listed, place, *options = sys.argv[1:]
    session = SparkSession.builder.appName("imgmeta").getOrCreate()
    if listed.endswith(".csv"):
        urls = session.read.csv(listed, header=True)
    else:
        urls = session.read.text(listed).withColumnRenamed("value", "url")

    outcomes = imgmeta_spark.extract(urls, **dict(map(option, options)))
    imgmeta_spark.write(outcomes, place)

    records = session.read.parquet(f"{place}/success_parquet")
    positions = records.where("GPS.Latitude IS NOT NULL AND GPS.Longitude IS NOT NULL")
    positions = positions.select("URL", "GPS.Latitude", "GPS.Longitude", "GPS.AltitudeM", "TakenAt")
    positions.write.mode("overwrite").json(f"{place}/positions")

    failures = session.read.parquet(f"{place}/failure_parquet").groupBy("Kind").count()
    print(json.dumps({
        "records": records.count(),
        "positions": session.read.json(f"{place}/positions", schema="URL string").count(),
        "failures": {row["Kind"]: row["count"] for row in failures.collect()},
    }))  # fmt: skip
    session.stop()


if __name__ == "__main__":
    main()
