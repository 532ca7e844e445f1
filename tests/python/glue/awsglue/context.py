"""Spark, as Glue hands it out."""

from pyspark.sql import SparkSession


class GlueContext:
    def __init__(self, context):
        self.spark_session = SparkSession(context)
