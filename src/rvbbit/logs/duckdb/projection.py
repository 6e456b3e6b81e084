"""What lists read: one narrow row an execution that can teach, with what holds for it now. It is worked out from facts and holds none.

Writes of facts bring it up to date in the same transaction, all but calls: those wait until it is read, there are many, or no more come,
because working out one costs as much as a hundred. Where someone has deleted or added facts by hand, it notices by their count and catches
up. The views over the facts say the same more slowly; a test holds the two together.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from rvbbit.logs.duckdb.conditions import Parameters
from rvbbit.logs.duckdb.connection import Connection

USER_INPUT = """CASE WHEN len(json_keys(arguments)) = 1
        THEN map_values(arguments::MAP(VARCHAR, VARCHAR))[1]
        ELSE array_to_string(list_transform(map_entries(arguments::MAP(VARCHAR, VARCHAR)),
            lambda entry: entry.key || ': ' || coalesce(entry.value, '')), chr(10))
    END"""
"""Arguments to read: the one value, or a line `name: value` for each of several."""

TEACHES = "kind = 'llm' AND error IS NULL AND source NOT IN ('judge', 'test')"

# `confidence` and `label` are columns that store nothing. `tags` is JSON and not a list, which could not be changed in place.
TABLES = (
    """
CREATE TABLE rvbbit.main.executions (
    trace_id VARCHAR NOT NULL,
    session_id VARCHAR NOT NULL,
    caller_id VARCHAR,
    query_id VARCHAR,
    timestamp TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL,
    cascade_id VARCHAR NOT NULL,
    cell_name VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    cost DOUBLE,
    tokens_in BIGINT NOT NULL,
    tokens_out BIGINT NOT NULL,
    duration_ms DOUBLE NOT NULL,
    criterion VARCHAR,
    answered VARCHAR,
    text VARCHAR NOT NULL,
    trainable BOOLEAN NOT NULL,
    verified BOOLEAN NOT NULL,
    own_confidence DOUBLE,
    corrected_output JSON,
    notes VARCHAR,
    tags JSON,
    decided_at TIMESTAMPTZ,
    author VARCHAR,
    score DOUBLE,
    score_calibrated BOOLEAN,
    confidence DOUBLE GENERATED ALWAYS AS (coalesce(own_confidence, score)) VIRTUAL,
    calibrated BOOLEAN GENERATED ALWAYS AS (CASE WHEN own_confidence IS NULL AND score IS NOT NULL THEN score_calibrated END) VIRTUAL,
    label VARCHAR GENERATED ALWAYS AS (coalesce(corrected_output ->> '$', answered)) VIRTUAL
)""",
    "CREATE TABLE rvbbit.main.example_uses (trace_id VARCHAR NOT NULL, used BIGINT NOT NULL)",
    "CREATE TABLE rvbbit.main.strays (trace_id VARCHAR NOT NULL)",
)
FOLLOWED = (
    "CREATE TABLE rvbbit.main.followed (decisions BIGINT NOT NULL, scores BIGINT NOT NULL)",
    "INSERT INTO rvbbit.main.followed VALUES (-1, -1)",
)
FOLLOWED_CALLS = "ALTER TABLE rvbbit.main.followed ADD COLUMN calls BIGINT DEFAULT -1"
"""One row, by which it is noticed on opening that calls, decisions or scores came or went without lists. -1: they never caught up."""

QUESTION = "md5_number_lower(arguments::VARCHAR)"
"""A number for what was asked: the same arguments have the same."""
QUESTIONS = (
    "ALTER TABLE rvbbit.main.executions ADD COLUMN question UBIGINT",
    f"""UPDATE rvbbit.main.executions AS held SET question = asked.question
        FROM (SELECT trace_id, {QUESTION} AS question FROM rvbbit.main.unified_logs) AS asked WHERE asked.trace_id = held.trace_id""",
)

# An argument or answer that cannot be read as text must not keep a call out of the log.
_OF_CALL = f"""
    trace_id, session_id, caller_id, query_id, timestamp, source, cascade_id, cell_name, model, cost, tokens_in, tokens_out, duration_ms,
    try(arguments ->> 'criterion') AS criterion,
    try(answer ->> '$') AS answered,
    lower(concat_ws(chr(10), try({USER_INPUT}), try(answer ->> '$'))) AS text,
    {QUESTION} AS question"""

_ADD = f"""
INSERT INTO rvbbit.main.executions BY NAME
SELECT {_OF_CALL}, false AS trainable, false AS verified
FROM (SELECT * REPLACE (arguments::JSON AS arguments, answer::JSON AS answer) FROM added)
WHERE {TEACHES}"""

_USED = "SELECT unnest(list_distinct(example_ids)) AS trace_id FROM {source} WHERE error IS NULL"
_USE_AGAIN = f"""
UPDATE rvbbit.main.example_uses AS known SET used = known.used + more.used
FROM (SELECT trace_id, count(*) AS used FROM ({_USED.format(source="added")}) GROUP BY trace_id) AS more
WHERE known.trace_id = more.trace_id"""
_USE_FIRST = f"""
INSERT INTO rvbbit.main.example_uses
SELECT trace_id, count(*) FROM ({_USED.format(source="added")}) WHERE trace_id NOT IN (SELECT trace_id FROM rvbbit.main.example_uses)
GROUP BY trace_id"""

# Of the decisions that are new, the newest that names a field holds for it; fields that none names stay.
_DECIDED = """
UPDATE rvbbit.main.executions AS held SET
    trainable = CASE WHEN made.of_trainable THEN coalesce(made.trainable, false) ELSE held.trainable END,
    verified = CASE WHEN made.of_verified THEN coalesce(made.verified, false) ELSE held.verified END,
    own_confidence = CASE WHEN made.of_confidence THEN made.confidence ELSE held.own_confidence END,
    corrected_output = CASE WHEN made.of_corrected THEN made.corrected_output ELSE held.corrected_output END,
    notes = CASE WHEN made.of_notes THEN made.notes ELSE held.notes END,
    tags = CASE WHEN made.of_tags THEN made.tags ELSE held.tags END,
    decided_at = greatest(made.decided_at, held.decided_at),
    author = made.author
FROM (
    SELECT
        trace_id,
        bool_or(list_contains(fields, 'trainable')) AS of_trainable,
        arg_max_null(trainable, seq) FILTER (WHERE list_contains(fields, 'trainable')) AS trainable,
        bool_or(list_contains(fields, 'verified')) AS of_verified,
        arg_max_null(verified, seq) FILTER (WHERE list_contains(fields, 'verified')) AS verified,
        bool_or(list_contains(fields, 'confidence')) AS of_confidence,
        arg_max_null(confidence, seq) FILTER (WHERE list_contains(fields, 'confidence')) AS confidence,
        bool_or(list_contains(fields, 'corrected_output')) AS of_corrected,
        arg_max_null(corrected_output, seq) FILTER (WHERE list_contains(fields, 'corrected_output')) AS corrected_output,
        bool_or(list_contains(fields, 'notes')) AS of_notes,
        arg_max_null(notes, seq) FILTER (WHERE list_contains(fields, 'notes')) AS notes,
        bool_or(list_contains(fields, 'tags')) AS of_tags,
        arg_max_null(CASE WHEN len(tags) > 0 THEN to_json(tags) END, seq) FILTER (WHERE list_contains(fields, 'tags')) AS tags,
        max(timestamp) FILTER (WHERE list_has_any(fields, ['trainable', 'verified', 'corrected_output'])) AS decided_at,
        arg_max(author, seq) AS author
    FROM rvbbit.main.training_annotations WHERE seq > $seq GROUP BY trace_id
) AS made
WHERE held.trace_id = made.trace_id"""

_SCORED = """
UPDATE rvbbit.main.executions AS held SET score = given.value, score_calibrated = given.calibrated
FROM (
    SELECT trace_id, arg_max_null(value, seq) AS value, arg_max(calibrated, seq) AS calibrated
    FROM rvbbit.main.scores WHERE seq > $seq AND scorer = 'confidence' GROUP BY trace_id
) AS given
WHERE held.trace_id = given.trace_id"""

# Facts about what is not there (yet), for the day it comes.
_FACTS = {
    _DECIDED: "FROM rvbbit.main.training_annotations WHERE seq > $seq",
    _SCORED: "FROM rvbbit.main.scores WHERE seq > $seq AND scorer = 'confidence'",
}
_FOLLOW = {
    _DECIDED: """
UPDATE rvbbit.main.followed SET decisions = decisions + (SELECT count(*) FROM rvbbit.main.training_annotations WHERE seq > $seq)""",
    _SCORED: "UPDATE rvbbit.main.followed SET scores = scores + (SELECT count(*) FROM rvbbit.main.scores WHERE seq > $seq)",
}
_STRAY = """
INSERT INTO rvbbit.main.strays
SELECT trace_id {facts} EXCEPT SELECT trace_id FROM rvbbit.main.executions EXCEPT FROM rvbbit.main.strays"""

# What the facts say of an execution, under the names it is held by.
_STATE = """
    coalesce(state.trainable, false) AS trainable,
    coalesce(state.verified, false) AS verified,
    state.confidence AS own_confidence,
    state.corrected_output,
    state.notes,
    CASE WHEN len(state.tags) > 0 THEN to_json(state.tags) END AS tags,
    state.decided_at,
    state.author,
    given.value AS score,
    given.calibrated AS score_calibrated"""
_STATES = """
LEFT JOIN rvbbit.main.training_state AS state ON state.trace_id = execution.trace_id
LEFT JOIN (FROM rvbbit.main.current_scores WHERE scorer = 'confidence') AS given ON given.trace_id = execution.trace_id"""

_MISSING = f"""
INSERT INTO rvbbit.main.executions BY NAME
SELECT execution.*, {_STATE}
FROM (
    SELECT {_OF_CALL} FROM rvbbit.main.unified_logs
    WHERE {TEACHES} AND trace_id NOT IN (SELECT trace_id FROM rvbbit.main.executions)
) AS execution {_STATES}"""

_OTHER = f"""
SELECT trace_id FROM (
    SELECT trace_id, trainable, verified, own_confidence, corrected_output, notes, tags, decided_at, author, score, score_calibrated
    FROM rvbbit.main.executions
    EXCEPT SELECT execution.trace_id, {_STATE} FROM rvbbit.main.executions AS execution {_STATES}
)"""

CATCH_UP = (
    f"""DELETE FROM rvbbit.main.executions
        WHERE trace_id NOT IN (SELECT trace_id FROM rvbbit.main.unified_logs WHERE {TEACHES})
        OR trace_id IN (SELECT trace_id FROM rvbbit.main.executions GROUP BY trace_id HAVING count(*) > 1)""",
    f"DELETE FROM rvbbit.main.executions WHERE trace_id IN ({_OTHER})",
    _MISSING,
    "DELETE FROM rvbbit.main.example_uses",
    f"""INSERT INTO rvbbit.main.example_uses
        SELECT trace_id, count(*) FROM ({_USED.format(source="rvbbit.main.unified_logs")}) GROUP BY trace_id""",
    "DELETE FROM rvbbit.main.strays",
    """INSERT INTO rvbbit.main.strays
        SELECT trace_id FROM rvbbit.main.training_annotations UNION SELECT trace_id FROM rvbbit.main.scores WHERE scorer = 'confidence'
        EXCEPT SELECT trace_id FROM rvbbit.main.executions""",
    "DELETE FROM rvbbit.main.followed",
    """INSERT INTO rvbbit.main.followed BY NAME SELECT
        (SELECT count(*) FROM rvbbit.main.unified_logs) AS calls,
        (SELECT count(*) FROM rvbbit.main.training_annotations) AS decisions,
        (SELECT count(*) FROM rvbbit.main.scores) AS scores""",
)
"""Statements that make the projection what the facts say; on empty tables, that fill them.

One that was deleted by hand and came in again is here twice, and worked out anew; so is one whose decisions or scores are other ones.
"""

_STRAYS = "SELECT count(*) FROM rvbbit.main.strays"
_FACTS_NOW = """
SELECT
    (SELECT count(*) FROM rvbbit.main.unified_logs),
    (SELECT count(*) FROM rvbbit.main.training_annotations),
    (SELECT count(*) FROM rvbbit.main.scores)"""
_HELD_NOW = "SELECT (SELECT count(*) FROM rvbbit.main.executions), calls, decisions, scores FROM rvbbit.main.followed"
_TEACHING = f"SELECT count(*) FROM rvbbit.main.unified_logs WHERE {TEACHES}"


ENOUGH = 2_000
"""Calls that are worked out together."""
_NEEDED = [
    "trace_id", "session_id", "caller_id", "query_id", "timestamp", "source", "cascade_id", "cell_name", "kind", "model", "cost",
    "tokens_in", "tokens_out", "duration_ms", "arguments", "answer", "error", "example_ids",
]  # fmt: skip


class Projection:
    """Keeps the projection of one store. Its methods but `behind` are called by one writer at a time, `add`, `decided` and `scored` inside
    the writer's transaction."""

    def __init__(self, connection: Connection, anew: bool) -> None:
        self._connection = connection
        with connection.transaction("open the store") as cursor:
            if anew or _row(cursor, _HELD_NOW) != (_count(cursor, _TEACHING), *_row(cursor, _FACTS_NOW)):
                catch_up(cursor)
            self._facts = _row(cursor, _FACTS_NOW)
            self._strays = _count(cursor, _STRAYS) > 0
        self._later: list[pa.Table] = []

    def behind(self) -> bool:
        """Whether calls wait, or there are other calls, decisions or scores than came in through the store."""
        if self._later:  # counted only once they are worked out: until then one deleted by hand would make up for one that waits
            return True
        with self._connection.cursor("read the log") as cursor:
            return _row(cursor, _FACTS_NOW) != self._facts

    def add_later(self, calls: pa.Table) -> bool:
        """Calls that were committed, to be worked out with others; whether there are enough of them."""
        self._later.append(calls.select(_NEEDED))
        return sum(map(len, self._later)) >= ENOUGH

    def add_now(self) -> None:
        """Work out what waits, in a transaction of its own. Where that fails they are missing, which `behind` notices."""
        later, self._later = self._later, []
        if later:
            calls = pa.concat_tables(later)
            with self._connection.transaction("write what lists read") as cursor:
                self.add(cursor, calls)
            self.committed(len(calls))

    def caught_up(self) -> None:
        """Make it what the facts say, in a transaction of its own."""
        with self._connection.transaction("catch up with the log") as cursor:
            catch_up(cursor)
            facts = _row(cursor, _FACTS_NOW)
            self._strays = _count(cursor, _STRAYS) > 0
        self._facts = facts

    def add(self, cursor: duckdb.DuckDBPyConnection, calls: pa.Table) -> None:
        """Calls that are there; `committed` afterwards, as for the next two."""
        cursor.register("added", calls)
        cursor.execute(_ADD).fetchall()
        cursor.execute("UPDATE rvbbit.main.followed SET calls = calls + (SELECT count(*) FROM added)").fetchall()
        if any(len(ids) for ids in calls.column("example_ids").to_pylist()):
            cursor.execute(_USE_AGAIN).fetchall()
            cursor.execute(_USE_FIRST).fetchall()
        if self._strays:
            self._bring_home(cursor)

    def committed(self, calls: int = 0, decisions: int = 0, scores: int = 0) -> None:
        """So many were."""
        known = self._facts
        self._facts = (known[0] + calls, known[1] + decisions, known[2] + scores)

    def decided(self, cursor: duckdb.DuckDBPyConnection, seq: int) -> None:
        """Decisions behind `seq` were just appended."""
        self._follow(cursor, _DECIDED, seq)

    def scored(self, cursor: duckdb.DuckDBPyConnection, seq: int) -> None:
        """Scores behind `seq` were just appended."""
        self._follow(cursor, _SCORED, seq)

    def _follow(self, cursor: duckdb.DuckDBPyConnection, update: str, seq: int) -> None:
        facts, asked = _FACTS[update], {"seq": seq}
        cursor.execute(_FOLLOW[update], asked).fetchall()
        updated = _count(cursor, update, asked)
        if updated < _count(cursor, f"SELECT count(DISTINCT trace_id) {facts}", asked):
            self._strays = _count(cursor, _STRAY.format(facts=facts), asked) > 0 or self._strays

    def _bring_home(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Calls whose decisions or scores were here before them: taken out again, to be worked out from the facts."""
        if _count(cursor, "SELECT count(*) FROM added WHERE trace_id IN (FROM rvbbit.main.strays)"):
            cursor.execute("DELETE FROM rvbbit.main.executions WHERE trace_id IN (FROM rvbbit.main.strays)").fetchall()
            cursor.execute(_MISSING).fetchall()
            cursor.execute("DELETE FROM rvbbit.main.strays WHERE trace_id IN (SELECT trace_id FROM rvbbit.main.executions)").fetchall()


def catch_up(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the projection what the facts say, in the caller's transaction."""
    for statement in CATCH_UP:
        cursor.execute(statement).fetchall()


def _count(cursor: duckdb.DuckDBPyConnection, query: str, values: Parameters | None = None) -> int:
    """The one number that a query gives: for a write, of rows written."""
    return int(cursor.execute(query, values).fetchall()[0][0])


def _row(cursor: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    """The numbers of the one row that a query gives."""
    numbers: tuple[int, ...] = cursor.execute(query).fetchall()[0]
    return numbers
