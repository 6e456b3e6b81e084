"""Pages by cursor: nothing twice, nothing left out, true totals, while rows are added."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

EXAMPLES = "/api/training/examples"


def page(http: TestClient, **asked: Any) -> dict[str, Any]:
    answered = http.get(EXAMPLES, params=asked)
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    return found


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "sort", ["timestamp", "confidence", "cost", "duration_ms", "tokens_in", "tokens_out", "cascade_id", "cell_name", "model"]
)
def test_pages_together_are_the_list(http: TestClient, ids: list[str], sort: str, order: str) -> None:
    asked: dict[str, Any] = {"sort": sort, "order": order}
    whole = [row["trace_id"] for row in page(http, limit=1_000, **asked)["examples"]]
    pages, cursor = [], None
    while True:
        one = page(http, limit=7, **asked, **({"cursor": cursor} if cursor else {}))
        assert one["total"] == len(ids)
        pages += [row["trace_id"] for row in one["examples"]]
        if (cursor := one["next"]) is None:
            break
    assert pages == whole
    assert sorted(pages) == sorted(ids)


def test_rows_that_come_meanwhile_move_no_page(http: TestClient, ids: list[str]) -> None:
    first = page(http, limit=10)
    total = first["total"]
    late = b'{"id": "late", "prompt": "late", "response": "x", "created_at": "2026-02-01T00:00:00Z"}\n'
    assert http.post("/api/training/import", content=late, headers={"content-type": "application/x-ndjson"}).json()["added"] == 1
    second = page(http, limit=10, cursor=first["next"])
    third = page(http, limit=10, cursor=second["next"])
    seen = [row["trace_id"] for one in (first, second, third) for row in one["examples"]]
    assert seen == ids[::-1]
    assert (second["total"], third["next"]) == (total + 1, None)


def test_an_offset_behind_the_end_is_an_empty_page_with_the_total(http: TestClient, ids: list[str]) -> None:
    for offset in (1_000, 10**12):
        found = page(http, offset=offset)
        assert (found["count"], found["examples"], found["next"]) == (0, [], None)
        assert found["total"] >= len(ids)


def test_an_offset_walks_the_same_list(http: TestClient, ids: list[str]) -> None:
    order = {"order": "asc", "until": "2026-01-31"}
    assert [row["trace_id"] for row in page(http, offset=5, limit=3, **order)["examples"]] == ids[5:8]


def test_a_cursor_belongs_to_its_order(http: TestClient, ids: list[str]) -> None:
    cursor = page(http, limit=5)["next"]
    answered = http.get(EXAMPLES, params={"cursor": cursor, "sort": "model"})
    assert (answered.status_code, answered.json()["error"]["code"]) == (400, "usage_error")


def test_a_cursor_and_an_offset_are_two_places(http: TestClient, ids: list[str]) -> None:
    cursor = page(http, limit=5)["next"]
    assert http.get(EXAMPLES, params={"cursor": cursor, "offset": 5}).status_code == 400


@pytest.mark.parametrize(("limit", "status"), [(1_000, 200), (1_001, 422)])
def test_a_review_queue_has_as_many_items_as_a_page_may_have(http: TestClient, limit: int, status: int) -> None:
    assert http.get("/api/training/review", params={"limit": limit}).status_code == status
