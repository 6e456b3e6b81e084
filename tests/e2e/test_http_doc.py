"""Every example of docs/http.md, run with curl against a real server: none answers an error."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rvbbit.testing import FakeServer, question
from support.serving import Serving, running, until

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
SLOW = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range + b.range = 7"
TEXTS = "SELECT CLASSIFY('ticket number ' || i || ' of ' || md5(i::VARCHAR), 'money,delivery') FROM range({}) r(i)"
TEAM = """cascade_id: team
description: Which team.
inputs_schema:
  text: what was asked
cells:
  - name: team
    instructions: "Team for {{ input.text }}"
"""
EXAMPLES = re.findall(r"^curl .+$", PAGE.partition("## By example")[2].partition("\n## ")[0], re.MULTILINE)

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A project with answers of CLASSIFY, all verified, and a set that calls learned from."""
    home: Path = tmp_path_factory.mktemp("page")
    (home / "rvbbit.toml").write_text('scoring = "off"\nmodel = "openai:fake"\n')
    with FakeServer(answer=lambda body: "money" if len(question(body)) % 2 else "delivery") as model:
        more = {"OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "none"}
        with Serving(home, more=more) as server:
            for rows in (60, 70):
                assert server.sql(TEXTS.format(rows)).status_code == 200
                marked = server.post("/api/training/mark-trainable", filter={"cascade_id": "classify"}, trainable=True, verified=True)
                assert marked.status_code == 200
            yield server


def test_every_route_group_has_its_example() -> None:
    assert len(EXAMPLES) >= 25


def test_no_example_of_the_page_answers_an_error(server: Serving, tmp_path: Path) -> None:
    known = _ids(server)
    for example in EXAMPLES:
        asked: threading.Thread | None = None
        if "QUERY_ID" in example:
            asked = threading.Thread(target=lambda: server.sql(SLOW, query_id="long"))
            asked.start()
            until(lambda: running(server))
        command = example.replace("curl ", "curl -w '\\n%{http_code}' ", 1)
        for name, value in known.items():
            command = command.replace(name, value)
        env = {"API": server.url, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
        said, _, status = done.stdout.rpartition("\n")
        assert status == "200", f"{command}: {said}{done.stderr}"
        assert '"event": "error"' not in said and '"rejected":1' not in said
        assert done.returncode == (28 if "-m 2" in example else 0), "events have no end of their own"
        if "mark-trainable" in example:
            known["UNDO"] = json.loads(said)["undo"]
        if asked is not None:
            asked.join(60)


def _ids(server: Serving) -> dict[str, Any]:
    (row,) = server.http.get("/api/training/examples", params={"limit": 1}).json()["examples"]
    newest = server.http.get("/api/training/sets").json()["sets"][0]
    sets = {"VERSION": newest["version"], "SCOPE": json.dumps(newest["scope"])}
    return {"TRACE_ID": row["trace_id"], **sets, "QUERY_ID": "long", "SESSION": row["session_id"], "YAML": json.dumps(TEAM)[1:-1]}
