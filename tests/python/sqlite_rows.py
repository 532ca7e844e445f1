"""Prints each row of a table of SQLite, or of a query, as a line of JSON.

    sqlite_rows.py FILE TABLE|QUERY
"""

import json
import sqlite3
import sys

file, what = sys.argv[1:]
query = what if " " in what else f"SELECT * FROM {what}"
connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
connection.row_factory = sqlite3.Row
JSON = {"exif", "other", "xmp", "iptc", "warnings", "extra", "settings"}
for row in connection.execute(query):
    cells = {name: json.loads(row[name]) if name in JSON and row[name] is not None else row[name] for name in row.keys()}
    print(json.dumps(cells))
