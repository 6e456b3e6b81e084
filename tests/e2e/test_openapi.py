"""The description of the API against the API: a real server with real executions is asked everything its OpenAPI allows, and more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from support.serving import Serving

EXAMPLES = 12
PATIENCE = 120.0
"""Seconds that an answer may take: `/api/demo` asks thousands of questions."""
ENDLESS = "/api/events"
"""Its answer has no end: tests/unit/http/test_events.py reads it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home: Path = tmp_path_factory.mktemp("openapi")
    (home / "rvbbit.toml").write_text("")
    with Serving(home) as server:
        rows = "(VALUES ('I want my money back'), ('Where is my parcel?'), ('hello')) AS t(x)"
        assert server.sql(f"SELECT x, x MEANS 'asks for a refund' FROM {rows}").status_code == 200
        assert server.post("/api/training/mark-trainable", filter={}, trainable=True, tags=["a"]).json()["updated"] == 3
        yield server


def operations(server: Serving) -> Iterator[Any]:

    for found in schemathesis.openapi.from_url(f"{server.url}/openapi.json").exclude(path=ENDLESS).get_all_operations():
        yield found.ok()


def test_what_the_description_allows_is_answered_as_it_says(server: Serving, subtests: pytest.Subtests) -> None:
    """Not every allowed string is SQL, a cursor or the name of something; but none is refused for its shape, which is what is described."""
    load_all_checks()
    meaning = CHECKS.get_by_names(["positive_data_acceptance"])

    def ask(case: schemathesis.Case) -> None:
        response = case.call_and_validate(excluded_checks=meaning, timeout=PATIENCE)
        if response.status_code in (400, 422):
            assert response.json()["error"]["code"] not in ("invalid_request", "invalid_json"), response.text

    for operation in operations(server):
        with subtests.test(operation.label):
            _for_each(operation.as_strategy(), ask)


def test_what_the_description_forbids_is_refused(server: Serving, subtests: pytest.Subtests) -> None:
    for operation in operations(server):
        if operation.query or operation.body:
            with subtests.test(operation.label):
                _for_each(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), _refused)


def _for_each(cases: Any, ask: Any) -> None:
    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: schemathesis.Case) -> None:
        ask(case)

    asked()


def _refused(case: schemathesis.Case) -> None:
    """A body too large to be read is refused before anybody looks for what else is wrong with it."""
    response = case.call(timeout=PATIENCE)
    if response.status_code != 413:
        case.validate_response(response)
