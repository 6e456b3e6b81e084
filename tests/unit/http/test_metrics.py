"""What Prometheus reads: names as it wants them, counts that are true, labels that nobody can make up."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

UNITS = ("_seconds", "_usd", "_bytes", "_total", "_created", "_count", "_sum", "_bucket")


def values(http: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = http.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_names_follow_the_conventions(http: TestClient) -> None:
    http.post("/api/sql", json={"sql": "SELECT 1"})
    families = list(text_string_to_metric_families(http.get("/metrics").text))
    for family in families:
        assert re.fullmatch(r"rvbbit_[a-z][a-z0-9_]*", family.name), family.name
        assert family.documentation.endswith("."), family.name
        if family.type == "counter":
            assert all(sample.name.endswith(("_total", "_created")) for sample in family.samples)
        if family.type == "histogram":
            assert family.name.endswith("_seconds"), "in base units"
    assert {family.type for family in families} == {"counter", "gauge", "histogram"}


def test_a_request_is_counted_by_its_route_and_status(http: TestClient) -> None:
    key = ("rvbbit_http_requests_total", (("method", "GET"), ("route", "/api/training/examples/{trace_id}"), ("status", "404")))
    before = values(http).get(key, 0)
    for n in range(3):
        http.get(f"/api/training/examples/nothing{n}")
    assert values(http)[key] == before + 3


def test_what_clients_make_up_makes_no_new_series(http: TestClient) -> None:
    for n in range(20):
        http.get(f"/made/up/{n}")
        http.request(f"M{n}", "/healthz")
        http.get("/healthz", headers={"host": f"evil{n}.example"})
    made = [labels for name, labels in values(http) if name == "rvbbit_http_requests_total"]
    assert not [labels for labels in made if "/made/up" in str(labels) or "M1" in str(labels) or "evil" in str(labels)]


def test_queries_are_counted_by_how_they_ended(http: TestClient) -> None:
    before = values(http)
    http.post("/api/sql", json={"sql": "SELECT 1"})
    http.post("/api/sql", json={"sql": "SELEC 1"})
    after = values(http)
    for outcome in ("ok", "sql_syntax_error"):
        key = ("rvbbit_queries_total", (("outcome", outcome),))
        assert after[key] == before.get(key, 0) + 1


def test_what_is_going_on_is_a_gauge(http: TestClient) -> None:
    found = values(http)
    assert found["rvbbit_queries_running", ()] == 0
    assert found["rvbbit_event_listeners", ()] == 0
    assert ("rvbbit_scoring_queue", ()) in found
