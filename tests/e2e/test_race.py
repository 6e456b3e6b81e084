"""Strategies race on a server, over HTTP: the stream says how far it is and what was found, and the sets list it."""

from __future__ import annotations

import json
from pathlib import Path

from rvbbit.testing import FakeServer
from support.serving import Serving, lines, running, until

RACE = {"cascade_id": "means", "scope": {"criterion": "odd"}, "strategies": ["recent", "random"], "limits": [2, 3.0]}


def test_an_evaluation_says_how_far_it_is_and_ends_where_its_client_goes(tmp_path: Path) -> None:
    (tmp_path / "rvbbit.toml").write_text("")
    said = {"cascade_id": "means", "scope": {"criterion": "odd"}}
    with FakeServer(answer=lambda body: True, latency=0.05) as fake:
        more = {"OPENAI_BASE_URL": fake.base_url, "OPENAI_API_KEY": "none", "RVBBIT_MODEL": "openai:gpt-4o-mini", "RVBBIT_CONCURRENCY": "1"}
        with Serving(tmp_path, more=more) as server:
            assert server.sql("SELECT ('ticket ' || i || ' ' || md5(i::VARCHAR)) MEANS 'odd' FROM range(30) r(i)").status_code == 200
            server.post("/api/training/mark-trainable", filter={}, trainable=True, verified=True)
            accept = {"Accept": "application/x-ndjson"}
            with server.http.stream("POST", "/api/training/evaluate", json=said, headers=accept) as stream:
                first = json.loads(next(stream.iter_lines()))
                assert (first["event"], first["stage"], first["total"]) == ("progress", "evaluation", 60)
            until(lambda: running(server) == 0)
            assert fake.calls < 80, "it went on without its client"
            *before, found = lines(server.http.post("/api/training/evaluate", json=said, headers=accept))
            counts = [line["done"] for line in before if line["event"] == "progress"]
            assert counts == sorted(counts) and found["event"] == "evaluation" and set(found["arms"]) == {"none", "candidate"}


def test_a_race_over_http_is_streamed_kept_and_listed(tmp_path: Path) -> None:
    (tmp_path / "rvbbit.toml").write_text("")
    with FakeServer(answer=lambda body: True) as fake:
        more = {"OPENAI_BASE_URL": fake.base_url, "OPENAI_API_KEY": "none", "RVBBIT_MODEL": "openai:gpt-4o-mini"}
        with Serving(tmp_path, more=more) as server:
            asked = "SELECT ('ticket ' || i || ' ' || md5(i::VARCHAR)) MEANS 'odd' FROM range(30) r(i)"
            assert server.sql(asked).status_code == 200
            none = server.post("/api/training/race", **RACE)
            assert (none.status_code, none.json()["error"]["hint"]) == (422, "mark some first: `rvbbit training mark`")
            server.post("/api/training/mark-trainable", filter={}, trainable=True, verified=True)
            stream = server.http.post("/api/training/race", json=RACE, headers={"Accept": "application/x-ndjson"})
            *before, found = lines(stream)
            assert all(line["event"] in ("running", "progress") for line in before)
            assert (found["event"], found["current"], found["winner"], found["questions"]) == ("race", "recent 5", "recent 5", 30)
            assert set(found["arms"]) == {"none", "recent 5", "recent 2", "recent 3", "random 2", "random 3"}
            calls = fake.calls
            assert server.post("/api/training/race", **RACE).json()["gains"] == found["gains"]
            assert fake.calls == calls
            (listed,) = [row for row in server.http.get("/api/training/sets").json()["sets"] if row["version"] == found["version"]]
            assert (listed["race"]["winner"], listed["evaluation"]) == ("recent 5", None)
            wrong = server.post("/api/training/race", **{**RACE, "strategies": ["all"]})
            assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid_request")
