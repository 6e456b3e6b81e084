"""Every type that DuckDB has in every format that a result can have: whole, or refused before the first byte."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from rvbbit.http.formats import ARROW, CSV, JSON, NDJSON, PARQUET

TYPES = {
    "BOOLEAN": "true", "HUGEINT": "170141183460469231731687303715884105727::HUGEINT", "UBIGINT": "18446744073709551615::UBIGINT",
    "DECIMAL": "1.5::DECIMAL(38,10)", "DOUBLE": "'nan'::DOUBLE", "UUID": "uuid()", "BIT": "'10101'::BIT", "BLOB": "'\\xAA'::BLOB",
    "TIME": "TIME '12:00:00'", "TIME WITH TZ": "TIMETZ '12:00:00+01'", "TIMESTAMP_NS": "TIMESTAMP_NS '2020-01-01 00:00:00.123456789'",
    "TIMESTAMP_S": "TIMESTAMP_S '2020-01-01'", "TIMESTAMP WITH TZ": "now()", "infinity": "'infinity'::TIMESTAMP",
    "far": "DATE '290000-01-01'", "list of infinities": "['infinity'::DATE]", "list of nanoseconds": "[TIMESTAMP_NS '2020-01-01']",
    "STRUCT of infinity": "{'a': 'infinity'::TIMESTAMP, 'b': INTERVAL 1 DAY}",
    "MAP of infinity": "MAP {'-infinity'::DATE: 'infinity'::TIMESTAMPTZ}",
    "ARRAY of infinities": "['infinity'::DATE, NULL]::DATE[2]",
    "INTERVAL": "INTERVAL 3 DAY", "INTERVAL[]": "[INTERVAL 3 DAY]", "STRUCT of INTERVAL": "{'a': 1, 'b': INTERVAL 1 MONTH}",
    "MAP of INTERVAL": "MAP {'a': INTERVAL 1 DAY}", "UNION": "union_value(num := 2)::UNION(num INTEGER, str VARCHAR)",
    "UNION[]": "[union_value(a := 1)]", "MAP": "MAP {'a': [1, 2]}", "MAP of numbers": "MAP {1: 'x'}", "nested": "[[1], [2, NULL]]",
    "STRUCT": "{'a': {'b': [1]}}", "row": "row(1, 2)", "ARRAY": "[1, 2, 3]::INTEGER[3]", "ENUM": "'a'::ENUM('a', 'b')",
    "ENUM[]": "['a'::ENUM('a', 'b')]", "NULL": "NULL", "NULL[]": "[]", "JSON": "'{}'::JSON", "BIGNUM": "12345::BIGNUM",
}  # fmt: skip
NOT_IN_PARQUET = {"STRUCT of infinity", "INTERVAL", "INTERVAL[]", "STRUCT of INTERVAL", "MAP of INTERVAL", "UNION", "UNION[]"}


def asked(http: TestClient, value: str, kind: str) -> Any:
    return http.post("/api/sql", json={"sql": f'SELECT {value} AS "a ""b"""'}, headers={"accept": kind})


def rows(kind: str, body: bytes) -> int:
    """How many rows a body has: it is whole, or this raises."""
    if kind == JSON:
        return len(json.loads(body)["rows"])
    if kind == NDJSON:
        events = [json.loads(line) for line in body.splitlines()]
        assert events[-1]["event"] == "usage", events[-1]
        return sum(len(event["rows"]) for event in events if event["event"] == "rows")
    if kind == CSV:
        return len(list(csv.DictReader(io.StringIO(body.decode()))))
    table = pa.ipc.open_stream(body).read_all() if kind == ARROW else pq.read_table(io.BytesIO(body))
    return int(table.num_rows)


@pytest.mark.parametrize("kind", [JSON, NDJSON, CSV, ARROW, PARQUET])
@pytest.mark.parametrize("name", TYPES)
def test_a_result_of_any_type_is_whole_or_refused_before_it_begins(http: TestClient, name: str, kind: str) -> None:
    answered = asked(http, TYPES[name], kind)
    if kind != PARQUET or name not in NOT_IN_PARQUET:
        assert (answered.status_code, rows(kind, answered.content)) == (200, 1)
        return
    assert answered.status_code == 400
    error = answered.json()["error"]
    assert "column 'a \"b\"' is of type" in error["message"]
    assert name.partition(" ")[0].removesuffix("[]") in error["message"]
    cast = error["hint"].partition("select ")[2].partition(" instead")[0]
    mended = http.post("/api/sql", json={"sql": f'SELECT {cast} FROM (SELECT {TYPES[name]} AS "a ""b""")'}, headers={"accept": kind})
    assert (mended.status_code, rows(kind, mended.content)) == (200, 1), "what the hint says works"
