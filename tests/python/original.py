"""The reader that people wrote for the output of the original program, in Spark: positions out of `EXIF.GPS`.

    original.py IDS NAMES

IDS is the output of a run with `--exif-keys ids`, which the reader reads unchanged; NAMES that of a run over the same list
without it, for which four names are changed. Both must give the positions that the records themselves tell.
"""

import json
import os
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col
from pyspark.sql.types import ArrayType, IntegerType, MapType, StringType, StructField, StructType

TAGS = MapType(StringType(), StringType())
# The schema of the original: tags as piexif gives them, all of them text.
SCHEMA = StructType(
    [
        StructField("URL", StringType()),
        StructField("Format", StringType()),
        StructField("Mode", StringType()),
        StructField("Size", ArrayType(IntegerType())),
        StructField("EXIF", StructType([StructField(ifd, TAGS) for ifd in ["0th", "Exif", "GPS", "Interop", "1st"]])),
    ]
)
# GPSLatitudeRef, GPSLatitude, GPSLongitudeRef, GPSLongitude: all that changes.
IDS = ["1", "2", "3", "4"]
NAMES = ["GPSLatitudeRef", "GPSLatitude", "GPSLongitudeRef", "GPSLongitude"]


def positions(spark, folder, keys):
    """What the reader makes of an output: references and degrees by URL, where an image has all four."""
    chosen = [col("EXIF.GPS")[key].alias(f"position_{at}") for at, key in enumerate(keys)]
    frame = spark.read.schema(SCHEMA).json(f"{folder}/success_output").select("URL", *chosen).dropna()
    return {
        row[0]: (signed(row[1], json.loads(row[2]), "S"), signed(row[3], json.loads(row[4]), "W")) for row in frame.collect()
    }


def signed(reference, rationals, negative):
    """Degrees, of three rationals; None where one has no value."""
    if any(denominator == 0 for _, denominator in rationals):
        return None
    degrees = sum(numerator / denominator / 60**power for power, (numerator, denominator) in enumerate(rationals))
    return -degrees if reference.upper().startswith(negative) else degrees


def told(folder):
    """The positions that the records tell, by URL."""
    found = {}
    for name in os.listdir(f"{folder}/success_output"):
        if name.startswith("part-"):
            with open(f"{folder}/success_output/{name}", encoding="utf-8", newline="\n") as part:
                for record in map(json.loads, part):
                    position = record["GPS"]
                    if position and position["Latitude"] is not None and position["Longitude"] is not None:
                        found[record["URL"]] = (position["Latitude"], position["Longitude"])
    return found


def main():
    ids, names = sys.argv[1:]
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    spark = builder.getOrCreate()
    by_id, by_name, wanted = positions(spark, ids, IDS), positions(spark, names, NAMES), told(names)
    assert by_id == by_name, "the two runs differ"
    # A record may tell more: of positions that are no rationals, which are in `Other`, or stand in another directory.
    shared = [url for url in wanted if by_id.get(url)]
    assert len(shared) > 10 and len(shared) > 0.8 * len(wanted), f"{len(shared)} of {len(wanted)} positions"
    for url in shared:
        found = by_id[url]
        if None in found:
            continue
        assert all(abs(a - b) < 1e-6 for a, b in zip(found, wanted[url], strict=True)), f"{url}: {found}, not {wanted[url]}"
    print(f"positions: {len(shared)}")


main()
