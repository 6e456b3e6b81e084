"""What a person writes wrong, in SQL or YAML: told where it is and what to do, before any model is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from rvbbit import errors

LOST = "SELECT id FROM tickets WHERE text MEANS 'a lost thing' ORDER BY id"
TICKETS = "CREATE TABLE tickets AS SELECT range AS id, 'card ' || range AS text FROM range(3)"

BROKEN = """\
cascade_id: sounds_like
sql_function:
  name: sounds_like
  operators: ["{{ text }} SOUNDS_LIKE {{ reference }}"]
  args: [{name: text}, {name: reference}]
  returns: BOOLEAN
cells:
  - name: ear
    instructons: Does it sound like {{ input.reference }}?
    rules: {max_attempts: none}
    training_strategy: newest
"""


@pytest.fixture
def db(remote: Any) -> Iterator[Any]:
    """A project with three tickets, whose model says yes to everything."""
    remote.server.answer = lambda body: True
    with remote.connect() as opened:
        opened.sql(TICKETS)
        yield opened


WRONG_SQL = [
    ("SELEC id FROM tickets", errors.SQLSyntaxError, 1, 1, ""),
    ("SELECT id FROM tickets\nWHERE text MEANS", errors.SQLSyntaxError, 2, 12, ""),
    ("SELECT id FROM tickets\nWHERE text MEANS 'never closed", errors.SQLSyntaxError, 2, 18, ""),
    ("SELECT id FROM tickets WHERE (text MEANS 'x'", errors.SQLSyntaxError, 1, None, ""),
    ("SELECT 1;\nSELECT id FRM tickets WHERE text MEANS 'x'", errors.SQLSyntaxError, 2, None, ""),
    ("SELECT id FROM tickets WHERE text MEENS 'x'", errors.UnknownOperator, 1, 35, "MEANS"),
    ("SELECT CLASIFY(text, 'a,b') FROM tickets", errors.UnknownOperator, 1, 8, "CLASSIFY"),
    ("SELECT id FROM tickets WHERE id MEANS 'x'", errors.TypeMismatch, 1, 33, "cast it: id::VARCHAR"),
    ("SELECT CLASSIFY(text, 3) FROM tickets", errors.TypeMismatch, 1, 8, "labels"),
    ("SELECT CLASSIFY(text) FROM tickets", errors.SQLError, 1, 8, "CLASSIFY"),
    ("SELECT id FROM tickets WHERE txt MEANS 'x'", errors.UnknownColumn, 1, 30, ""),
    ("SELECT id FROM ticket WHERE text MEANS 'x'", errors.SQLError, None, None, ""),
    ("SELECT sum(text) FROM tickets WHERE text MEANS 'x'", errors.SQLError, None, None, ""),
    ("SELECT 1;\n-- @@ modle: openai:x\nSELECT text MEANS 'x' FROM tickets", errors.SQLSyntaxError, 2, 4, "model"),
    ("EXPLAIN\nSELECT id,\n-- @ modle: x\ntext MEANS 'x' FROM tickets", errors.SQLSyntaxError, 3, 4, "model"),
    ("-- @ threshold: 3\nSELECT id FROM tickets WHERE text ABOUT 'x'", errors.SQLSyntaxError, 1, 4, "from 0 to 1"),
    ("PREPARE p AS SELECT id FROM tickets WHERE text MEANS $1", errors.SQLError, 1, 1, "params"),
    ("SELECT id FROM tickets WHERE SENTIMENT(text)", errors.TypeMismatch, 1, 30, "SENTIMENT(text) > 0"),
    ("CREATE INDEX i ON tickets ((text MEANS 'x'))", errors.SQLError, None, None, "an index cannot hold"),
    ("SELECT id FROM tickets WHERE text MEANS $criterion", errors.UsageError, None, None, "params"),
    ("CREATE TABLE tickets AS SELECT text MEANS 'x' AS q FROM tickets", errors.SQLError, None, None, "OR REPLACE"),
    ("CREATE TABLE main.Tickets AS SELECT text MEANS 'x' AS q FROM tickets", errors.SQLError, None, None, "OR REPLACE"),
    ("INSERT INTO tickets(id) SELECT id, text MEANS 'x' FROM tickets", errors.SQLError, None, None, ""),
    ("UPDATE tickets SET nope = 1 WHERE text MEANS 'x'", errors.SQLError, None, None, ""),
    ("SELECT text MEANS 'x' FROM tickets UNION SELECT 1, 2", errors.SQLError, None, None, ""),
    ("UPDATE rvbbit.unified_logs SET error = NULL", errors.SQLError, None, None, "rvbbit training mark"),
]


@pytest.mark.parametrize(("sql", "kind", "line", "column", "hint"), WRONG_SQL, ids=[case[0] for case in WRONG_SQL])
def test_wrong_sql_is_told_where_it_is_wrong(
    db: Any, remote: Any, sql: str, kind: type[errors.Error], line: int | None, column: int | None, hint: str
) -> None:
    with pytest.raises(kind) as raised:
        db.sql(sql)
    assert (line is None or raised.value.line == line) and (column is None or raised.value.column == column), (
        raised.value.line,
        raised.value.column,
    )
    assert hint in f"{raised.value.message} {raised.value.hint}" and "__rv" not in raised.value.message
    assert remote.server.calls == 0
    assert db.sql(LOST).fetchall() == [(0,), (1,), (2,)], "the connection goes on"


def test_the_command_points_at_what_is_wrong(db: Any, remote: Any, rvbbit_in: Any) -> None:
    db.close()
    done = rvbbit_in(remote.home)("sql", "--model", "openai:fake", "SELECT id FROM tickets\nWHERE text MEENS 'x'")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "error: no operator MEENS",
        "LINE 2: WHERE text MEENS 'x'",
        "                   ^",
        "hint: did you mean MEANS?",
    ]


def test_a_broken_cascade_is_told_whole_and_only_when_it_is_used(db: Any, remote: Any, rvbbit_in: Any) -> None:
    remote.cascade("sounds_like", BROKEN)
    result = db.sql(LOST)
    assert len(result.fetchall()) == 3
    assert [notice.severity for notice in result.notices if "sounds_like" in notice.message]
    with pytest.raises(errors.CascadeInvalid) as raised:
        db.sql("SELECT text SOUNDS_LIKE 'x' FROM tickets")
    problems = "\n".join(raised.value.problems)
    assert len(raised.value.problems) >= 3
    for line, words in ((9, "instructons"), (10, "max_attempts"), (11, "newest")):
        assert re.search(rf"sounds_like\.cascade\.yaml:{line}: .*{words}", problems), problems
    assert raised.value.hint
    db.close()
    done = rvbbit_in(remote.home)("sql", "--model", "openai:fake", "SELECT text SOUNDS_LIKE 'x' FROM tickets")
    assert done.returncode == 1
    assert all(problem in done.stderr for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("file", "yaml", "name"),
    [
        ("dup", "cascade_id: dup\nsql_function: 3\n", "DUP"),
        ("dup", "cells: [", "DUP"),
        ("other", "cascade_id: other\nsql_function: {name: dup, args: 3}\n", "DUP"),
    ],
)
def test_a_function_of_a_broken_file_names_the_file(db: Any, remote: Any, file: str, yaml: str, name: str) -> None:
    remote.cascade(file, yaml)
    for sql in (f"SELECT {name}('a', 'b')", f"SELECT {name}(text, 'b') FROM tickets WHERE text MEANS 'x'"):
        with pytest.raises(errors.CascadeInvalid) as raised:
            db.sql(sql)
        assert f"{file}.cascade.yaml:" in raised.value.message and "correct the file" in str(raised.value.hint)
    with pytest.raises(errors.SQLError, match="does not exist"):
        db.sql("SELECT nothing_like_it('a')")
