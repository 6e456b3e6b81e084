"""What a curator's page asks: these executions, those that contradict, those that are close; tags more and fewer; how far the signal is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

QUESTIONS = ["where is my card", "Where is my card?", "I want a refund", "the weather in Paris"]
ANSWERS = ["card", "refund", "refund", "weather"]


@pytest.fixture(scope="module")
def known(http: TestClient) -> dict[str, str]:
    """Question → trace id. The first two ask the same and are answered differently."""
    rows = [{"prompt": asked, "response": said} for asked, said in zip(QUESTIONS, ANSWERS, strict=True)]
    body = "\n".join(map(json.dumps, rows)).encode()
    http.post("/api/training/import", content=body, params={"format": "jsonl", "cascade_id": "desk"}).raise_for_status()
    found = http.get("/api/training/examples", params={"cascade_id": "desk"}).json()["examples"]
    return {row["inputs"]["prompt"]: row["trace_id"] for row in found}


@pytest.fixture
def marked(http: TestClient, known: dict[str, str]) -> Iterator[str]:
    """All of them trainable, for one test."""
    undo = mark(http, filter={"cascade_id": "desk"}, trainable=True)["undo"]
    yield undo
    http.post("/api/training/undo", json={"undo": undo})


def mark(http: TestClient, **body: Any) -> Any:
    return http.post("/api/training/mark-trainable", json=body).raise_for_status().json()


def found(http: TestClient, **params: Any) -> set[str]:
    page = http.get("/api/training/examples", params=params).raise_for_status().json()
    assert page["total"] == page["count"]
    return {row["trace_id"] for row in page["examples"]}


def test_executions_by_their_ids(http: TestClient, known: dict[str, str]) -> None:
    first, second, *_ = known.values()
    assert found(http, trace_id=first) == {first}
    assert found(http, trace_id=[first, second, "nosuch"]) == {first, second}
    assert found(http, trace_id=first, search="weather") == set()
    assert found(http, trace_id="nosuch") == set()
    assert mark(http, filter={"trace_id": first}, notes="by its id")["updated"] == 1


def test_a_contradiction_is_found_until_one_is_chosen(http: TestClient, known: dict[str, str], marked: str) -> None:
    pair = {known[QUESTIONS[0]], known[QUESTIONS[1]]}
    assert found(http, contradiction=True) == pair
    assert found(http, contradiction=True, search="refund") == {known[QUESTIONS[1]]}
    assert found(http, contradiction=True, cascade_id="nosuch") == set()
    assert found(http, contradiction=True, trace_id=known[QUESTIONS[2]]) == set()
    facets = http.get("/api/training/filter-options", params={"contradiction": True}).json()
    assert facets["label"] == {"card": 1, "refund": 1}
    tagged = mark(http, filter={"contradiction": True}, add_tags=["both"])
    assert (tagged["updated"], found(http, tag="both")) == (2, pair)
    http.post("/api/training/undo", json={"undo": tagged["undo"]}).raise_for_status()
    http.post("/api/training/choose", json={"trace_id": known[QUESTIONS[0]]}).raise_for_status()
    assert found(http, contradiction=True) == set()
    assert mark(http, filter={"contradiction": True}, trainable=False)["updated"] == 0


def test_only_contradictions_can_be_asked_for(http: TestClient) -> None:
    asked = http.get("/api/training/examples", params={"contradiction": False})
    assert (asked.status_code, asked.json()["error"]["code"]) == (422, "invalid_request")


def test_what_is_close_comes_first_with_how_close(http: TestClient, known: dict[str, str]) -> None:
    url = f"/api/training/examples/{known[QUESTIONS[0]]}/similar"
    said = http.get(url).raise_for_status().json()
    first, *others = said["similar"]
    assert (first["execution"]["trace_id"], first["similarity"], first["asked"]) == (known[QUESTIONS[1]], 1.0, 1)
    assert said["considered"] == 3 and known[QUESTIONS[0]] not in {one["execution"]["trace_id"] for one in said["similar"]}
    assert sorted((one["similarity"] for one in others), reverse=True) == [one["similarity"] for one in others]
    assert len(http.get(url, params={"limit": 1}).json()["similar"]) == 1
    assert http.get("/api/training/examples/nosuch/similar").status_code == 404


def test_tags_come_and_go_one_by_one_and_undo_knows_what_was(http: TestClient, known: dict[str, str]) -> None:
    one, two, *_ = known.values()
    mark(http, trace_ids=[one], tags=["old", "kept"])
    done = mark(http, trace_ids=[one, two], add_tags=["new"], remove_tags=["old"])
    assert done["updated"] == 2
    held = {row["trace_id"]: row["tags"] for row in http.get("/api/training/examples", params={"tag": "new"}).json()["examples"]}
    assert held == {one: ["kept", "new"], two: ["new"]}
    http.post("/api/training/undo", json={"undo": done["undo"]}).raise_for_status()
    assert found(http, tag="old") == {one} and found(http, tag="new") == set()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"trace_ids": ["nosuch"], "add_tags": ["x"]}, "training"),
        ({"filter": {}, "add_tags": ["x"], "tags": []}, "usage"),
        ({"filter": {}, "add_tags": []}, "usage"),
        ({"filter": {}, "add_tags": "x"}, "invalid_request"),
        ({"filter": {}, "add_tags": [""]}, "invalid_request"),
    ],
    ids=str,
)
def test_tags_that_cannot_be_are_refused(http: TestClient, known: dict[str, str], more: dict[str, Any], code: str) -> None:
    asked = http.post("/api/training/mark-trainable", json=more)
    assert 400 <= asked.status_code < 500 and code in asked.json()["error"]["code"], asked.text
    assert found(http, tag="x") == set()


def test_nothing_named_is_nothing_tagged(http: TestClient, known: dict[str, str]) -> None:
    assert mark(http, trace_ids=[], add_tags=["everywhere"]) == {"updated": 0, "undo": None}
    assert found(http, tag="everywhere") == set()


def test_review_says_how_many_are_reviewed_and_how_far_the_signal_is(http: TestClient, known: dict[str, str]) -> None:
    params = {"cascade_id": "desk"}
    before = http.get("/api/training/review", params=params).json()
    mark(http, trace_ids=[known[QUESTIONS[2]]], verified=True)
    after = http.get("/api/training/review", params=params).json()
    assert (after["reviewed"], after["left"], after["until"]) == (before["reviewed"] + 1, 2, 2), "no more than are left"
