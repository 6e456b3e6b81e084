"""Every call of the public interface, by the names and with the shapes that other people's programs rely on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from rvbbit.engine import Database

EXAMPLE = {
    "trace_id", "session_id", "caller_id", "timestamp", "cascade_id", "cell_name", "model", "inputs", "user_input", "assistant_output",
    "corrected_output", "trainable", "verified", "confidence", "notes", "tags", "cost", "tokens_in", "tokens_out", "duration_ms", "used",
}  # fmt: skip
FILTERS = {
    "cascade_id", "cell_name", "session_id", "caller_id", "model", "trainable", "verified", "scored", "min_confidence", "max_confidence",
    "label", "search", "since", "until",
}  # fmt: skip
PUBLIC = [
    ("get", "/api/training/examples"), ("get", "/api/training/examples/{trace_id}"), ("post", "/api/training/mark-trainable"),
    ("post", "/api/training/undo"), ("get", "/api/training/stats"), ("get", "/api/training/filter-options"),
    ("post", "/api/training/assess-confidence"), ("get", "/api/training/export"), ("post", "/api/training/import"),
    ("get", "/api/sessions"), ("get", "/api/sessions/{session_id}"), ("post", "/api/sql"), ("delete", "/api/sql/{query_id}"),
    ("get", "/api/cascades/schema"), ("get", "/api/tables"),
    ("get", "/api/operators"), ("get", "/api/cascades/{cascade_id}"), ("put", "/api/cascades/{cascade_id}"),
    ("post", "/api/cascades/validate"), ("get", "/api/costs"), ("get", "/api/queries"), ("get", "/api/events"), ("get", "/healthz"),
    ("get", "/readyz"), ("get", "/metrics"),
]  # fmt: skip
EXAMPLES = "/api/training/examples"
YAML = """
cascade_id: shout
sql_function: {name: shout, operators: ["SHOUT({{ text }})"], args: [{name: text, type: VARCHAR}], returns: VARCHAR}
cells: [{name: shout, instructions: "{{ input.text }}"}]
"""


def page(http: TestClient, **asked: Any) -> dict[str, Any]:
    answered = http.get(EXAMPLES, params=asked)
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    assert found["count"] == len(found["examples"])
    return found


def post(http: TestClient, path: str, **body: Any) -> dict[str, Any]:
    answered = http.post(path, json=body)
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    return found


@pytest.mark.parametrize(("method", "path"), PUBLIC, ids=[f"{method} {path}" for method, path in PUBLIC])
def test_a_public_call_is_described(http: TestClient, method: str, path: str) -> None:
    assert method in http.get("/openapi.json").json()["paths"][path]


def test_examples_are_listed_with_every_field(http: TestClient, ids: list[str]) -> None:
    found = page(http, limit=10)
    assert {"count", "total", "examples"} <= set(found)
    assert (found["count"], found["total"]) == (10, len(ids))
    assert set(found["examples"][0]) >= EXAMPLE
    newest = found["examples"][0]
    assert (newest["trace_id"], newest["confidence"], newest["used"]) == (ids[-1], None, 0)
    assert (newest["user_input"], newest["assistant_output"]) == ("question 24", "answer 0")
    assert newest["timestamp"] == "2026-01-01T00:24:00Z"


def test_every_filter_of_the_interface_is_taken_in_lists_exports_options_and_bodies(http: TestClient) -> None:
    paths = http.get("/openapi.json").json()
    for path in (EXAMPLES, "/api/training/export", "/api/training/filter-options"):
        assert {one["name"] for one in paths["paths"][path]["get"]["parameters"]} >= FILTERS
    assert set(paths["components"]["schemas"]["Filter"]["properties"]) >= FILTERS


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"model": "a:one"}, 12),
        ({"cascade_id": ["imported", "nothing"]}, 25),
        ({"cascade_id": "nothing"}, 0),
        ({"cell_name": ["answer"], "label": "answer 1"}, 8),
        ({"search": "QUESTION 2"}, 6),
        ({"search": "' OR 1=1 --"}, 0),
        ({"search": "%"}, 0),
        ({"scored": "false"}, 25),
        ({"min_confidence": 0}, 0),
        ({"since": "2026-01-01T00:20:00Z"}, 5),
        ({"since": "2026-01-01T01:20:00+01:00"}, 5),
        ({"until": "2026-01-01T00:20:00"}, 20),
        ({"session_id": "nobody"}, 0),
        ({"caller_id": "nobody"}, 0),
    ],
    ids=str,
)
def test_a_filter_finds_what_it_says(http: TestClient, ids: list[str], asked: dict[str, Any], count: int) -> None:
    assert page(http, **asked)["total"] == count


@pytest.mark.parametrize("number", ["1700000000", "1e-5", "-3.83E-232", "nan", "1_000"])
def test_a_number_is_not_a_time(http: TestClient, number: str) -> None:
    refused = http.get("/api/costs", params={"since": number})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")


def test_one_example_is_shown_whole(http: TestClient, ids: list[str]) -> None:
    shown = http.get(f"{EXAMPLES}/{ids[0]}").json()
    assert set(shown) >= EXAMPLE | {"request", "response", "examples", "scores", "decisions", "sql", "example_ids", "set_version"}


def test_only_the_fields_given_change_and_undo_brings_them_back(http: TestClient, ids: list[str]) -> None:
    one = ids[3]
    before = http.get(f"{EXAMPLES}/{one}").json()
    marked = post(http, "/api/training/mark-trainable", trace_ids=[one], trainable=True, notes="n", tags=["a", "b"], confidence=0.75)
    assert set(marked) == {"updated", "undo"} and marked["updated"] == 1
    after = http.get(f"{EXAMPLES}/{one}").json()
    assert (after["trainable"], after["verified"], after["notes"], after["tags"]) == (True, False, "n", ["a", "b"])
    assert (after["confidence"], after["corrected_output"], after["assistant_output"]) == (0.75, None, before["assistant_output"])
    again = post(http, "/api/training/mark-trainable", trace_ids=[one], verified=True, corrected_output="better")
    both = http.get(f"{EXAMPLES}/{one}").json()
    assert (both["trainable"], both["verified"], both["corrected_output"], both["notes"]) == (True, True, "better", "n")
    assert [set(decision["fields"]) for decision in both["decisions"]] == [
        {"trainable", "notes", "tags", "confidence"},
        {"verified", "corrected_output"},
    ]
    assert post(http, "/api/training/undo", undo=again["undo"])["updated"] == 1
    assert post(http, "/api/training/undo", undo=marked["undo"])["updated"] == 1
    undone = http.get(f"{EXAMPLES}/{one}").json()
    assert {name: undone[name] for name in EXAMPLE} == {name: before[name] for name in EXAMPLE}
    assert len(undone["decisions"]) == 4, "decisions are added, never taken away"


def test_a_whole_filter_is_marked_and_counted_exactly(http: TestClient, ids: list[str]) -> None:
    marked = post(http, "/api/training/mark-trainable", filter={"label": "answer 2", "cascade_id": "imported"}, trainable=True)
    assert marked["updated"] == page(http, label="answer 2")["total"] == 8
    assert page(http, trainable=True)["total"] == 8
    stats = http.get("/api/training/stats").json()
    assert (stats["total"]["executions"], stats["total"]["trainable"]) == (25, 8)
    assert (stats["cells"][0]["cascade_id"], stats["cells"][0]["cell_name"], stats["cells"][0]["trainable"]) == ("imported", "answer", 8)
    post(http, "/api/training/undo", undo=marked["undo"])
    assert page(http, trainable=True)["total"] == 0


def test_values_to_filter_by_have_counts(http: TestClient, ids: list[str]) -> None:
    options = http.get("/api/training/filter-options").json()
    assert options["model"] == {"b:two": 13, "a:one": 12}
    assert options["label"] == {"answer 0": 9, "answer 1": 8, "answer 2": 8}
    assert options["cascade_id"] == {"imported": 25}


def test_scoring_is_asked_for_by_ids_or_filter(http: TestClient, ids: list[str]) -> None:
    assert set(post(http, "/api/training/assess-confidence", trace_ids=ids[:3])) == {"queued", "estimated_cost"}
    assert post(http, "/api/training/assess-confidence", filter={}, force=True)["queued"] == 25


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "openai"])
def test_an_export_is_everything_the_filter_finds(http: TestClient, ids: list[str], kind: str) -> None:
    answered = http.get("/api/training/export", params={"format": kind, "label": "answer 1"})
    assert answered.status_code == 200
    assert answered.headers["content-disposition"].startswith("attachment")
    if kind in ("jsonl", "openai"):
        assert len(answered.text.splitlines()) == 8
    again = http.post("/api/training/import", content=answered.content, params={"format": kind, "dry_run": kind == "openai"})
    assert again.status_code == 200, again.text
    if kind != "openai":  # which has no ids
        assert (again.json()["added"], again.json()["known"]) == (0, 8)


def test_bad_lines_of_an_import_are_named_while_the_good_ones_land(http: TestClient, ids: list[str]) -> None:
    body = b'{"prompt": "good", "response": "yes", "id": "extra"}\nnot json\n'
    answered = http.post("/api/training/import?dry_run=true", content=body, headers={"content-type": "application/x-ndjson"}).json()
    assert (answered["added"], answered["rejected"]) == (1, 1)
    assert answered["problems"][0]["line"] == 2
    assert page(http)["total"] == len(ids), "a dry run keeps nothing"
    known = b'{"id": 3, "prompt": "question 3", "response": "answer 0", "model": "a:one", "created_at": "2026-01-01T00:03:00Z"}\n'
    again = http.post("/api/training/import?dry_run=true", content=known, headers={"content-type": "application/x-ndjson"}).json()
    assert (again["added"], again["known"]) == (0, 1), "a dry run knows what is there"


def test_sessions_and_their_calls(http: TestClient, ids: list[str]) -> None:
    listed = http.get("/api/sessions").json()
    assert listed["total"] == listed["count"] == 1
    session = listed["sessions"][0]["session_id"]
    shown = http.get(f"/api/sessions/{session}").json()
    pages, cursor = [], None
    while True:
        page = http.get(f"/api/sessions/{session}", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        assert page["total"] == shown["total"] == len(shown["calls"])
        pages += [call["trace_id"] for call in page["calls"]]
        if (cursor := page["next"]) is None:
            break
    assert pages == [call["trace_id"] for call in shown["calls"]]
    assert [call["trace_id"] for call in shown["calls"]] == ids


def test_sql_answers_rows(http: TestClient) -> None:
    asked = {"sql": "SELECT $n + i AS n, 'x' AS x FROM range(5) r(i) ORDER BY n", "params": {"n": 1}, "limit": 2, "budget_usd": 1}
    answered = post(http, "/api/sql", **asked)
    assert set(answered) >= {"query_id", "columns", "rows", "usage", "notices"}
    assert answered["columns"] == [{"name": "n", "type": "BIGINT"}, {"name": "x", "type": "VARCHAR"}]
    assert (answered["rows"], answered["total"]) == ([[1, "x"], [2, "x"]], 5)
    assert answered["usage"]["calls"] == 0


def test_sql_names_its_query_and_forgets_it_when_done(http: TestClient) -> None:
    assert post(http, "/api/sql", sql="SELECT 1", query_id="mine")["query_id"] == "mine"
    assert http.delete("/api/sql/mine").status_code == 404


def test_a_kept_session_keeps_its_tables(http: TestClient) -> None:
    post(http, "/api/sql", sql="CREATE TEMP TABLE t AS SELECT 7 AS x", session_id="s")
    assert post(http, "/api/sql", sql="SELECT x FROM t", session_id="s")["rows"] == [[7]]
    assert http.post("/api/sql", json={"sql": "SELECT x FROM t"}).status_code == 400


def test_operators_and_the_yaml_of_a_cascade(http: TestClient) -> None:
    names = {one["name"] for one in http.get("/api/operators").json()["operators"]}
    assert {"means", "classify"} <= {name.lower() for name in names}
    assert "cascade_id" in http.get("/api/cascades/classify").json()["yaml"]


def test_an_operator_says_whose_it_is_and_what_it_asks(http: TestClient) -> None:
    http.put("/api/cascades/shout", json={"yaml": YAML})
    found = {one["name"]: one for one in http.get("/api/operators").json()["operators"]}
    assert (found["means"]["builtin"], found["means"]["origin"]) == (True, "means.cascade.yaml")
    assert (found["shout"]["builtin"], found["shout"]["cells"]) == (False, ["shout"])


def test_the_schema_of_cascades_fits_those_there_are(http: TestClient) -> None:
    known = http.get("/api/cascades/schema").json()
    assert {"cascade_id", "cells", "sql_function"} <= set(known["properties"])


def test_a_broken_file_is_shown_with_what_is_wrong_and_can_be_mended(http: TestClient, db: Database) -> None:
    file = db.settings.home / "cascades" / "broken.cascade.yaml"
    file.parent.mkdir(exist_ok=True)
    text = YAML.replace("shout", "broken").replace("SHOUT", "BROKEN")
    for wrong in (text.replace("cells", "cellz"), "cascade_id: [\n"):
        file.write_text(wrong)
        shown = http.get("/api/cascades/broken").json()
        assert (shown["yaml"], shown["builtin"], shown["cells"]) == (wrong, False, [])
        assert shown["problems"] and all(one["line"] >= 1 for one in shown["problems"])
    assert http.put("/api/cascades/broken", json={"yaml": wrong}).status_code == 422
    mended = http.put("/api/cascades/broken", json={"yaml": text}).json()
    assert (mended["problems"], mended["backup"], file.read_text()) == ([], wrong, text)
    file.unlink()
    assert http.get("/api/cascades/broken").status_code == 404


def test_who_saves_over_somebody_elses_text_is_told(http: TestClient) -> None:
    first = http.put("/api/cascades/shout", json={"yaml": YAML}).json()
    mine, theirs = YAML.replace('text }}"}', 'text }}!"}'), YAML.replace('text }}"}', 'text }}?"}')
    assert mine != YAML
    assert http.put("/api/cascades/shout", json={"yaml": theirs, "fingerprint": first["fingerprint"]}).status_code == 200
    refused = http.put("/api/cascades/shout", json={"yaml": mine, "fingerprint": first["fingerprint"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "in_use")
    assert http.get("/api/cascades/shout").json()["yaml"] == theirs
    assert http.put("/api/cascades/shout", json={"yaml": YAML}).json()["backup"] == theirs


def test_tables_have_the_types_of_their_columns(http: TestClient) -> None:
    post(http, "/api/sql", sql="CREATE OR REPLACE TABLE typed (b VARCHAR[], a DECIMAL(5,2))")
    (table,) = [one for one in http.get("/api/tables").json()["tables"] if one["name"] == "typed"]
    assert (table["columns"], table["types"]) == (["b", "a"], ["VARCHAR[]", "DECIMAL(5,2)"])
    post(http, "/api/sql", sql="DROP TABLE typed")


def test_a_plan_is_data_beside_its_text(http: TestClient) -> None:
    asked = {"sql": "SELECT 'a parcel' MEANS 'delivery'"}
    found = post(http, "/api/sql", **asked, explain=True)
    step = found["plan"]["blocks"][0]["children"][0]
    assert [step["kind"], step["asks"][0]["operator"], step["asks"][0]["figures"]["calls"]] == ["SemanticMap", "means", 1]
    assert found["rows"][0] == ["Project"]
    lines = http.post("/api/sql", json={**asked, "explain": True}, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["event"] for one in told] == ["query", "plan", "columns", "rows", "usage"] and told[1]["plan"] == found["plan"]
    assert post(http, "/api/sql", sql="SELECT 1")["plan"] is None


def test_a_cascade_is_checked_written_and_used(http: TestClient) -> None:
    assert (valid := post(http, "/api/cascades/validate", yaml=YAML))["ok"] is True
    assert (valid["signature"]["patterns"], valid["signature"]["parameters"][0]["name"]) == (["SHOUT({{ text }})"], "text")
    half = post(http, "/api/cascades/validate", yaml=YAML.replace("cells", "cellz"))
    assert (half["ok"], half["signature"]["name"], half["cases"]) == (False, "shout", [])
    tested = post(http, "/api/cascades/validate", yaml=http.get("/api/cascades/classify").json()["yaml"])
    assert tested["cases"][0]["expected"] == "billing" and "charged twice" in tested["cases"][0]["case"]
    wrong = post(http, "/api/cascades/validate", yaml="cascade_id: x\ncellz: []\n")
    assert wrong["ok"] is False and wrong["problems"]
    assert http.put("/api/cascades/shout", json={"yaml": YAML}).json()["cascade_id"] == "shout"
    assert http.get("/api/cascades/shout").json()["yaml"] == YAML
    assert http.put("/api/cascades/other", json={"yaml": YAML}).status_code == 400, "the file's own id is another"
    for name in ("..%2f..%2fevil", "%2e%2e", "a%00b"):
        assert http.put(f"/api/cascades/{name}", json={"yaml": YAML}).status_code in (400, 404, 422)


def test_costs_and_queries(http: TestClient, ids: list[str]) -> None:
    for by in ("day", "model", "cascade", "source", "query"):
        costs = http.get("/api/costs", params={"by": by}).json()
        assert costs["by"] == by and isinstance(costs["costs"], list)
    assert [one["key"] for one in http.get("/api/costs?by=day").json()["costs"]] == ["2026-01-01"]
    assert {"count", "total", "queries", "next"} == set(http.get("/api/queries").json())


def test_probes(http: TestClient) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json() == {"status": "ok"}


def test_the_doctor_is_asked_with_post_because_it_asks_models(http: TestClient) -> None:
    found = http.post("/api/doctor").json()
    assert found["ok"] == all(check["ok"] for check in found["checks"])
    assert {"versions", "project", "store", "model"} <= {check["name"] for check in found["checks"]}
    assert http.get("/api/doctor").status_code == 405


def test_the_description_is_json_that_names_its_version(http: TestClient) -> None:
    described = json.loads(http.get("/openapi.json").content)
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "RVBBIT"
