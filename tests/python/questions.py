"""Asks DuckDB what `imgmeta query` was asked, of the same files, and compares the answers.

    questions.py OUTPUT QUESTIONS

QUESTIONS is JSON: a list of objects with `sql` and with the `rows` that `imgmeta query --format json` gave.
"""

import datetime
import decimal
import json
import math
import sys

import duckdb


def plain(value):
    """A value as JSON has it; moments as they are written in ISO 8601 without a zone."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, str):
        try:
            return datetime.datetime.fromisoformat(value).replace(tzinfo=None).isoformat() if "T" in value else value
        except ValueError:
            return value
    return value


def same(a, b):
    a, b = plain(a), plain(b)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


def main():
    output, questions = sys.argv[1:]
    database = duckdb.connect()
    for table in ["success", "failure"]:
        database.execute(f"CREATE VIEW {table} AS SELECT * FROM '{output}/{table}_parquet/*.parquet'")
    with open(questions, encoding="utf-8") as file:
        asked = json.load(file)
    for question in asked:
        answer = database.execute(question["sql"])
        names = [column[0] for column in answer.description]
        rows, found = answer.fetchall(), question["rows"]
        assert rows, f"no rows: {question['sql']}"
        assert len(rows) == len(found), f"{len(found)} rows, and {len(rows)} of DuckDB: {question['sql']}"
        for row, other in zip(rows, found, strict=True):
            assert list(other) == names, f"{list(other)}, not {names}: {question['sql']}"
            for value, (name, theirs) in zip(row, other.items(), strict=True):
                assert same(value, theirs), f"{name} is {theirs!r}, and {value!r} in DuckDB: {question['sql']}"
    print(f"asked: {len(asked)}")


main()
