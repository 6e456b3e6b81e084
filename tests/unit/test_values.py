"""Values as text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from rvbbit.values import column_values, jsonable, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0.1, "0.1"),
        (Decimal("1E+3"), "1000"),
        (b"\x00\xff", "\\x00ff"),
        ({"a": [1, None]}, '{"a": [1, null]}'),
        ([("k", 1), ("l", 2)], '{"k": 1, "l": 2}'),
        (dt.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),
        (pa.MonthDayNano([14, 3, 0]), "1 year 2 months 3 days"),
        (pa.MonthDayNano([0, 0, 0]), "0:00:00"),
    ],
)
def test_a_value_reads_as_duckdb_prints_it(value: object, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (Decimal("3"), 3),
        (Decimal("1.5"), 1.5),
        (Decimal("1.2345678901234567890123"), "1.2345678901234567890123"),
        ({"at": dt.date(2026, 1, 1)}, {"at": "2026-01-01"}),
    ],
)
def test_json_has_no_value_it_cannot_hold_exactly(value: object, expected: object) -> None:
    assert jsonable(value) == expected


def test_what_python_cannot_hold_comes_as_text() -> None:
    nanoseconds = pa.chunked_array([pa.array([1], pa.timestamp("ns"))])
    far = pa.chunked_array([pa.array([2_147_483_000], pa.date32())])
    assert column_values(nanoseconds) == ["1970-01-01 00:00:00.000000001"]
    assert all(isinstance(value, str) for value in column_values(far))
