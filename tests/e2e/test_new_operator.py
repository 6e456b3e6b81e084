"""A file dropped into cascades/ while a session is open: its operator works in the very next query, in every shape there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rvbbit
from rvbbit.errors import CascadeInvalid
from rvbbit.testing import FakeServer, question

JUDGE = """\
cells:
  - name: ear
    system: Decide whether two names sound alike.
    instructions: |
      <text>{{ input.text }}</text>
      <reference>{{ input.reference }}</reference>
    output_schema: {type: boolean}
"""
INFIX = f"""\
cascade_id: sounds_like
sql_function:
  name: sounds_like
  operators: ["{{{{ text }}}} SOUNDS_LIKE {{{{ reference }}}}"]
  args: [{{name: text, type: VARCHAR}}, {{name: reference, type: VARCHAR}}]
  returns: BOOLEAN
{JUDGE}"""
TABLE = """\
cascade_id: sounds_of
sql_function:
  name: sounds_of
  args: [{name: text, type: VARCHAR}]
  returns: STRUCT(sound VARCHAR, size BIGINT)[]
  shape: table
cells:
  - name: ear
    instructions: <text>{{ input.text }}</text>
    output_schema: {type: array, items: {type: object}}
"""
AGGREGATE = """\
cascade_id: common_sound
sql_function:
  name: common_sound
  args: [{name: names, type: "VARCHAR[]"}]
  returns: VARCHAR
  shape: aggregate
cells:
  - name: ear
    instructions: <names>{{ input.names }}</names>
"""


def ear(body: Any) -> Any:
    """Smith and Smyth sound alike; of one name, its first and last letter."""
    asked = question(body)
    if "<names>" in asked:
        return "/".join(name for name in ("Jones", "Smit", "Smyth") if name in asked)
    if "<reference>" not in asked:
        name = asked.partition("<text>")[2].partition("</text>")[0]
        return json.dumps([{"sound": name[0], "size": 1}, {"sound": name[-2:], "size": 2}])
    return asked.partition("<text>")[2].lower().startswith("sm")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[rvbbit.Database]:
    with FakeServer(answer=ear) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", server.base_url)
        patch.setenv("OPENAI_API_KEY", "none")
        with rvbbit.connect(tmp_path, store=":memory:", model="openai:fake") as db:
            db.sql("CREATE TABLE people AS SELECT * FROM (VALUES (1, 'Smyth'), (2, 'Jones'), (3, 'Smit'), (4, NULL)) v(id, name)")
            yield db


def drop(home: Path, name: str, text: str) -> Path:
    folder = home / "cascades"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.cascade.yaml"
    path.write_text(text, "utf-8")
    return path


def test_infix_function_and_cascade_forms_work_in_the_next_query(db: rvbbit.Database, tmp_path: Path) -> None:
    with pytest.raises(rvbbit.Error):
        db.sql("SELECT id FROM people WHERE name SOUNDS_LIKE 'Smith'")
    drop(tmp_path, "sounds_like", INFIX)
    assert db.sql("SELECT id FROM people WHERE name SOUNDS_LIKE 'Smith' ORDER BY id").fetchall() == [(1,), (3,)]
    assert db.sql("SELECT id FROM people WHERE name NOT SOUNDS_LIKE 'Smith'").fetchall() == [(2,)]
    again = db.sql("SELECT id, SOUNDS_LIKE(name, 'Smith') FROM people ORDER BY id")
    assert again.fetchall() == [(1, True), (2, False), (3, True), (4, None)]
    called = db.sql("SELECT count(*) FROM people WHERE CASCADE('sounds_like', {'text': name, 'reference': 'Smith'})")
    assert called.fetchall() == [(2,)]
    assert again.usage.calls == called.usage.calls == 0  # one question, however it is written


def test_a_table_works_in_the_next_query_alone_and_beside_another(db: rvbbit.Database, tmp_path: Path) -> None:
    drop(tmp_path, "sounds_of", TABLE)
    assert db.sql("SELECT * FROM sounds_of('Smith') ORDER BY size").fetchall() == [("S", 1), ("th", 2)]
    beside = db.sql("SELECT id, s.sound FROM people, sounds_of(name) AS s WHERE size = 2 ORDER BY id")
    assert beside.fetchall() == [(1, "th"), (2, "es"), (3, "it")]
    assert db.sql("SELECT count(*) FROM sounds_of(NULL)").fetchall() == [(0,)]


def test_an_aggregate_works_in_the_next_query_a_group_at_a_time(db: rvbbit.Database, tmp_path: Path) -> None:
    drop(tmp_path, "common_sound", AGGREGATE)
    assert db.sql("SELECT common_sound(name) FROM people").fetchall() == [("Jones/Smit/Smyth",)]
    by_letter = db.sql("SELECT name[1] AS letter, COMMON_SOUND(name) FROM people WHERE name IS NOT NULL GROUP BY letter ORDER BY letter")
    assert by_letter.fetchall() == [("J", "Jones"), ("S", "Smit/Smyth")]
    assert db.sql("SELECT CASCADE('common_sound', {'names': ['Smit']})").fetchall() == [("Smit",)]


def test_a_changed_file_counts_and_a_deleted_one_is_gone(db: rvbbit.Database, tmp_path: Path) -> None:
    path = drop(tmp_path, "sounds_like", INFIX)
    db.sql("SELECT name SOUNDS_LIKE 'Smith' FROM people")
    path.write_text(INFIX.replace("SOUNDS_LIKE", "IS_HEARD_AS"), "utf-8")
    assert len(db.sql("SELECT name IS_HEARD_AS 'Smith' FROM people")) == 4
    path.unlink()
    with pytest.raises(rvbbit.Error):
        db.sql("SELECT name IS_HEARD_AS 'Smith' FROM people")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{{ text }} MEANS {{ reference }}", "means.cascade.yaml:8"),
        ("{{ text }} AT TIME ZONE {{ reference }}", "means something in SQL already"),
        ("POSITION({{ text }}, {{ reference }})", "POSITION with 2 arguments is a function of DuckDB's"),
    ],
)
def test_a_pattern_that_is_taken_is_refused_with_both_places(db: rvbbit.Database, tmp_path: Path, pattern: str, said: str) -> None:
    drop(tmp_path, "sounds_like", INFIX.replace("{{ text }} SOUNDS_LIKE {{ reference }}", pattern))
    told = next(problem for problem in db.problems() if problem.startswith("cascades/sounds_like.cascade.yaml:4"))
    assert said in told
    with pytest.raises(CascadeInvalid):
        db.sql("SELECT SOUNDS_LIKE(name, 'Smith') FROM people")
    assert db.sql("SELECT name ABOUT 'x' FROM people WHERE FALSE").fetchall() == []  # what others write goes on
