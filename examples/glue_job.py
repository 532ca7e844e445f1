"""A job of AWS Glue 5 (Spark 3.5, Python 3.11): a list of image URLs in S3 to records, failures and their Parquet in S3.

Job parameters: `--list` (Parquet, CSV with a header, or text with one URL a line), `--place` (the folder to write), and
perhaps `--options` (JSON: `{"per_host": 4, "keep_columns": "id"}`, as `imgmeta.spark.extract` takes them) and `--mode`
(`error`, or `overwrite`). The wheel comes by `--additional-python-modules`; see `docs/glue.md`.
"""

import json
import sys

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

from imgmeta import spark as imgmeta_spark

PERHAPS = {"options": "{}", "mode": "error"}


def listed(session, name):
    """The rows of the list, whatever its kind."""
    if name.rstrip("/").endswith(".parquet"):
        return session.read.parquet(name)
    if name.endswith((".csv", ".csv.gz")):
        return session.read.csv(name, header=True)
    return session.read.text(name).withColumnRenamed("value", "url")


def main():
    given = [name for name in PERHAPS if f"--{name}" in sys.argv]
    arguments = {**PERHAPS, **getResolvedOptions(sys.argv, ["JOB_NAME", "list", "place", *given])}
    context = GlueContext(SparkContext.getOrCreate())
    job = Job(context)
    job.init(arguments["JOB_NAME"], arguments)
    session = context.spark_session
    outcomes = imgmeta_spark.extract(listed(session, arguments["list"]), **json.loads(arguments["options"]))
    imgmeta_spark.write(outcomes, arguments["place"], mode=arguments["mode"])
    job.commit()


main()
