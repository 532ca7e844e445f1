"""Opens the mirror of a run by a GIS library, and checks its points against the JSON.

    geo.py FOLDER
"""

import glob
import json
import sys

import geopandas
import pyarrow.parquet


def positions_of_json(folder):
    for part in sorted(glob.glob(f"{folder}/success_output/part-*.json")):
        with open(part, encoding="utf-8", newline="\n") as file:
            for line in map(json.loads, file):
                gps = line["GPS"] or {}
                known = gps.get("Longitude") is not None and gps.get("Latitude") is not None
                yield line["Row"], (gps["Longitude"], gps["Latitude"]) if known else None


run = sys.argv[1]
told = dict(positions_of_json(run))
frame = geopandas.read_parquet(f"{run}/success_parquet")
assert frame.geometry.name == "geometry" and frame.crs.equals("OGC:CRS84"), frame.crs
assert frame.crs.equals("EPSG:4326", ignore_axis_order=True), frame.crs
found = {row: (point.x, point.y) if point else None for row, point in zip(frame["Row"], frame.geometry)}
assert found == told, f"{len(found)} rows of the mirror and {len(told)} of the JSON differ"
known = [position for position in told.values() if position]
assert set(frame.geometry.geom_type.dropna()) == {"Point"}
expected = [min(x for x, _ in known), min(y for _, y in known), max(x for x, _ in known), max(y for _, y in known)]
assert list(frame.total_bounds) == expected, (frame.total_bounds, expected)

# Each file says of itself what it holds.
boxes = []
for part in glob.glob(f"{run}/success_parquet/part-*.parquet"):
    geo = json.loads(pyarrow.parquet.read_schema(part).metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert (geo["version"], column["encoding"], column["geometry_types"]) == ("1.1.0", "WKB", ["Point"]), geo
    boxes += [column["bbox"]] if "bbox" in column else []
merged = [min(box[0] for box in boxes), min(box[1] for box in boxes), max(box[2] for box in boxes), max(box[3] for box in boxes)]
assert merged == expected, (merged, expected)
print(f"{len(known)} points of {len(told)} records")
