"""Cascades of several cells, and cells that ask no model."""

from __future__ import annotations

import asyncio
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from rvbbit.errors import (
    CallError,
    DatabaseError,
    UsageError,
)
from rvbbit.types import CallContext, Request, Value

GREEN = {"text": "bamboo brush", "criterion": "eco-friendly"}
GREY = {"text": "plastic cup", "criterion": "eco-friendly"}
CONTEXT = CallContext("session-1")


def texts(*words: str) -> list[dict[str, Value]]:
    return [{"text": word} for word in words]


def user(request: Request) -> str:
    return request.messages[-1].content


def _raising(sql: str, arguments: Any) -> Any:
    raise DatabaseError("no such function")


TWO = """\
cascade_id: two
inputs_schema:
  topic: what to write about
  words: {type: integer, default: 10}
cells:
  - {name: rows, sql: "SELECT title FROM books WHERE topic = $topic"}
  - {name: draft, instructions: "{{ outputs.rows | map(attribute='title') | join(', ') }} in {{ input.words }} words"}
  - {name: shout, python: rvbbit_test_functions.shout}
  - name: verdict
    instructions: "<draft>{{ outputs.shout.text }}</draft>"
    output_schema: {type: boolean}
"""


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("rvbbit_test_functions")

    def shout(input: Any, outputs: Any) -> Any:
        return {"text": outputs["draft"].upper(), "topic": input["topic"]}

    async def later(input: Any, outputs: Any) -> Any:
        await asyncio.sleep(0)
        return len(input["text"])

    def fail(input: Any, outputs: Any) -> Any:
        raise ZeroDivisionError("by zero")

    def leave(input: Any, outputs: Any) -> Any:
        sys.exit(3)

    module.__dict__.update(shout=shout, later=later, fail=fail, leave=leave, thing=3, strange=lambda input, outputs: object())
    monkeypatch.setitem(sys.modules, "rvbbit_test_functions", module)
    return module


@pytest.mark.usefixtures("functions")
async def test_run_goes_through_all_cells_and_logs_each(world: Any) -> None:
    world.write(TWO)
    world.rows = lambda sql, arguments: [{"title": "Emma"}, {"title": "Ulysses"}]
    world.says(lambda request: "true" if "<draft>" in user(request) else "a draft")
    run = await world.runner.run("two", {"topic": "novels"}, CallContext("s", source="run"))
    assert run.output is True
    assert run.outputs["shout"] == {"text": "A DRAFT", "topic": "novels"}
    assert user(world.provider.requests[0]) == "<rows>Emma, Ulysses</rows> in <words>10</words> words"
    assert user(world.provider.requests[1]) == "<draft>A DRAFT</draft>"
    assert [(record.cell_name, record.kind) for record in run.records] == [
        ("rows", "sql"),
        ("draft", "llm"),
        ("shout", "python"),
        ("verdict", "llm"),
    ]
    assert list(run.records) == world.log.records
    assert world.sql == [("SELECT title FROM books WHERE topic = $topic", {"topic": "novels"})]
    assert run.usage.tokens_in == 20
    assert world.log.records[1].arguments == {"topic": "novels", "words": 10, "rows": [{"title": "Emma"}, {"title": "Ulysses"}]}


@pytest.mark.usefixtures("functions")
async def test_what_one_run_logs_has_its_id_in_common(world: Any) -> None:
    world.write(TWO)
    world.rows = lambda sql, arguments: [{"title": "Emma"}]
    world.says(lambda request: "true" if "<draft>" in user(request) else "a draft")
    for topic in ("novels", "poems"):
        await world.runner.run("two", {"topic": topic}, CallContext("s", source="run"))
    first, second = ([record.run_id for record in world.log.records[start : start + 4]] for start in (0, 4))
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] and second[0] and first[0] != second[0]


@pytest.mark.usefixtures("functions")
async def test_run_asks_anew_and_its_answers_serve_queries(world: Any) -> None:
    for _ in range(2):
        await world.runner.run("means", GREEN, CONTEXT)
    assert len(world.provider.requests) == 2
    assert (await world.answer("means", GREEN))[0].cached


@pytest.mark.parametrize(
    ("inputs", "what"),
    [({}, "input topic is missing"), ({"topic": "a", "word": 1}, "did you mean 'words'"), ({"topic": "a", "words": "x"}, "input words: ")],
)
async def test_inputs_that_do_not_fit_are_told_before_anything_runs(world: Any, inputs: Any, what: str) -> None:
    world.write(TWO.replace("  - {name: shout, python: rvbbit_test_functions.shout}\n", "").replace("outputs.shout.text", "outputs.draft"))
    with pytest.raises(UsageError, match=what):
        await world.runner.run("two", inputs, CONTEXT)
    assert world.log.records == []


@pytest.mark.usefixtures("functions")
async def test_later_cells_of_an_operator_are_found_again_too(world: Any) -> None:
    text = world.judge("output_schema: {type: string}", "BOOLEAN") + (
        "  - name: verdict\n    instructions: <draft>{{ outputs.cell }}</draft>\n    output_schema: {type: boolean}\n"
    )
    world.write(text)
    world.says(lambda request: "true" if "<draft>" in user(request) else '"words"')
    rows = texts(*"abcdefgh")
    first = await world.answer("judge", *rows)
    asked = len(world.provider.requests)
    world.log.lookups.clear()
    again = await world.answer("judge", *rows)
    assert (asked, len(world.provider.requests)) == (16, 16)
    assert [answer.calls for answer in first] == [2] * 8
    assert [(answer.value, answer.cached) for answer in again] == [(True, True)] * 8
    assert len(world.log.lookups) < len(rows)


CODE = """\
cascade_id: code
sql_function: {{name: code, args: [{{name: text}}], returns: {returns}}}
cells:
  - {{name: cell, {what}}}
"""


@pytest.mark.usefixtures("functions")
async def test_a_python_cell_may_be_async_and_answers_sql(world: Any) -> None:
    world.write(CODE.format(returns="INTEGER", what="python: rvbbit_test_functions.later"))
    (answer,) = await world.answer("code", *texts("four"))
    assert (answer.value, answer.calls, answer.cached) == (4, 0, False)


@pytest.mark.usefixtures("functions")
@pytest.mark.parametrize(
    ("function", "what"),
    [
        ("rvbbit_test_functions.fail", r"code\.cell: its function failed: ZeroDivisionError: by zero"),
        ("rvbbit_test_functions.leave", r"code\.cell: its function failed: SystemExit: 3"),
        ("rvbbit_test_functions.strange", "what JSON cannot hold"),
        ("rvbbit_test_functions.none", "cannot be imported"),
        ("rvbbit_test_functions.thing", "is not a function"),
        ("no_such_module.f", "cannot be imported"),
        ("rvbbit_test_broken.f", "cannot be imported: ValueError: at import"),
        ("rvbbit_test_leaving.f", "cannot be imported: SystemExit: 4"),
    ],
)
async def test_a_python_cell_that_fails_is_a_call_error(
    world: Any, function: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "rvbbit_test_broken.py").write_text("raise ValueError('at import')")
    (tmp_path / "rvbbit_test_leaving.py").write_text("import sys\nsys.exit(4)")
    world.write(CODE.format(returns="INTEGER", what=f"python: {function}"))
    with pytest.raises(CallError, match=what):
        await world.answer("code", *texts("a"))


async def test_a_sql_cell_answers_with_its_one_value(world: Any) -> None:
    world.write(CODE.format(returns="BIGINT", what="sql: 'SELECT length($text)'"))
    world.rows = lambda sql, arguments: [{"n": len(str(arguments["text"]))}]
    assert (await world.answer("code", *texts("four")))[0].value == 4
    world.rows = lambda sql, arguments: [{"n": 1}, {"n": 2}]
    with pytest.raises(CallError, match="is not one row with one column"):
        await world.answer("code", *texts("five"))
    world.rows = _raising
    with pytest.raises(CallError, match=r"code\.cell: no such function"):
        await world.answer("code", *texts("six"))
    assert [record.error_code for record in world.log.records] == [None, "call_error", "call_error"]
