"""The DuckDB store's tables and views, as numbered migrations, and the function that brings a store up to date.

A migration is never edited after release: what has to change comes as the next number. It never touches the user's own tables. Every column
is explained in `docs/log.md`. After `llm/migrations.py` in simonw/llm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from rvbbit.errors import DatabaseError
from rvbbit.logs.duckdb import projection, sets, vectors
from rvbbit.logs.duckdb.projection import TEACHES, USER_INPUT


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. Its statements run in one transaction, in order; inside views, tables are named without their catalog."""

    number: int
    name: str
    statements: tuple[str, ...]


_UNIFIED_LOGS = """
CREATE TABLE rvbbit.main.unified_logs (
    trace_id VARCHAR NOT NULL,
    session_id VARCHAR NOT NULL,
    caller_id VARCHAR,
    query_id VARCHAR,
    timestamp TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL,
    cascade_id VARCHAR NOT NULL,
    cell_name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    cascade_fingerprint VARCHAR NOT NULL,
    cell_fingerprint VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    arguments JSON NOT NULL,
    request JSON,
    response JSON,
    answer JSON,
    cache_key VARCHAR,
    probability DOUBLE,
    finish_reason VARCHAR,
    attempt INTEGER NOT NULL,
    take INTEGER NOT NULL,
    tokens_in BIGINT NOT NULL,
    tokens_out BIGINT NOT NULL,
    tokens_cached BIGINT NOT NULL,
    cost DOUBLE,
    duration_ms DOUBLE NOT NULL,
    cached BOOLEAN NOT NULL,
    set_version VARCHAR NOT NULL,
    example_ids VARCHAR[] NOT NULL,
    error VARCHAR,
    error_code VARCHAR
)"""

_TRAINING_ANNOTATIONS = """
CREATE TABLE rvbbit.main.training_annotations (
    seq BIGINT NOT NULL,
    trace_id VARCHAR NOT NULL,
    author VARCHAR NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL,
    batch VARCHAR NOT NULL,
    fields VARCHAR[] NOT NULL,
    trainable BOOLEAN,
    verified BOOLEAN,
    confidence DOUBLE,
    corrected_output JSON,
    notes VARCHAR,
    tags VARCHAR[],
    reason VARCHAR
)"""

_QUERY_LOG = """
CREATE TABLE rvbbit.main.query_log (
    query_id VARCHAR NOT NULL,
    session_id VARCHAR NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL,
    sql VARCHAR NOT NULL,
    rows BIGINT,
    calls BIGINT NOT NULL,
    cached BIGINT NOT NULL,
    tokens_in BIGINT NOT NULL,
    tokens_out BIGINT NOT NULL,
    tokens_cached BIGINT NOT NULL,
    cost DOUBLE,
    duration_ms DOUBLE NOT NULL,
    error VARCHAR,
    error_code VARCHAR
)"""

# The newest decision that names a field holds for that field; arg_max_null, because a decision may set a field back to nothing.
_TRAINING_STATE = """
CREATE VIEW rvbbit.main.training_state AS
SELECT
    trace_id,
    coalesce(arg_max_null(trainable, seq) FILTER (WHERE list_contains(fields, 'trainable')), false) AS trainable,
    coalesce(arg_max_null(verified, seq) FILTER (WHERE list_contains(fields, 'verified')), false) AS verified,
    arg_max_null(confidence, seq) FILTER (WHERE list_contains(fields, 'confidence')) AS confidence,
    arg_max_null(corrected_output, seq) FILTER (WHERE list_contains(fields, 'corrected_output')) AS corrected_output,
    arg_max_null(notes, seq) FILTER (WHERE list_contains(fields, 'notes')) AS notes,
    coalesce(arg_max_null(tags, seq) FILTER (WHERE list_contains(fields, 'tags')), []) AS tags,
    max(timestamp) FILTER (WHERE list_has_any(fields, ['trainable', 'verified', 'corrected_output'])) AS decided_at,
    arg_max(author, seq) AS author
FROM training_annotations
GROUP BY trace_id"""

_TRAINING_EXAMPLES = f"""
CREATE VIEW rvbbit.main.training_examples_mv AS
SELECT
    trace_id, session_id, caller_id, query_id, timestamp, source, cascade_id, cell_name, cell_fingerprint, model,
    arguments AS inputs,
    {USER_INPUT} AS user_input,
    answer,
    answer ->> '$' AS assistant_output,
    probability, cost, tokens_in, tokens_out, tokens_cached, duration_ms, set_version, example_ids
FROM unified_logs
WHERE {TEACHES}"""

_TRAINING_EXAMPLES_WITH_ANNOTATIONS = """
CREATE VIEW rvbbit.main.training_examples_with_annotations AS
SELECT
    example.*,
    coalesce(state.trainable, false) AS trainable,
    coalesce(state.verified, false) AS verified,
    state.confidence,
    state.corrected_output,
    state.notes,
    coalesce(state.tags, []) AS tags,
    state.decided_at,
    state.author
FROM training_examples_mv AS example
LEFT JOIN training_state AS state ON state.trace_id = example.trace_id"""

_SCORES = """
CREATE TABLE rvbbit.main.scores (
    seq BIGINT NOT NULL,
    trace_id VARCHAR NOT NULL,
    scorer VARCHAR NOT NULL,
    scorer_version VARCHAR NOT NULL,
    value DOUBLE,
    reason VARCHAR NOT NULL,
    calibrated BOOLEAN NOT NULL,
    timestamp TIMESTAMPTZ NOT NULL,
    cost DOUBLE
)"""

_CURRENT_SCORES = """
CREATE VIEW rvbbit.main.current_scores AS
SELECT
    trace_id,
    scorer,
    arg_max(scorer_version, seq) AS scorer_version,
    arg_max_null(value, seq) AS value,
    arg_max(reason, seq) AS reason,
    arg_max(calibrated, seq) AS calibrated,
    arg_max(timestamp, seq) AS timestamp,
    sum(cost) AS cost
FROM scores
GROUP BY trace_id, scorer"""

# A person's own confidence wins; it is neither calibrated nor not.
_WITH_SCORES = """
CREATE OR REPLACE VIEW rvbbit.main.training_examples_with_annotations AS
SELECT
    example.*,
    coalesce(state.trainable, false) AS trainable,
    coalesce(state.verified, false) AS verified,
    coalesce(state.confidence, score.value) AS confidence,
    CASE WHEN state.confidence IS NULL AND score.value IS NOT NULL THEN score.calibrated END AS calibrated,
    state.corrected_output,
    state.notes,
    coalesce(state.tags, []) AS tags,
    state.decided_at,
    state.author
FROM training_examples_mv AS example
LEFT JOIN training_state AS state ON state.trace_id = example.trace_id
LEFT JOIN (FROM current_scores WHERE scorer = 'confidence') AS score ON score.trace_id = example.trace_id"""

_EXPECTED = "ALTER TABLE rvbbit.main.unified_logs ADD COLUMN tokens_cached_expected BIGINT DEFAULT 0"

MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1,
        "the log, decisions and queries",
        (
            _UNIFIED_LOGS,
            _TRAINING_ANNOTATIONS,
            _QUERY_LOG,
            _TRAINING_STATE,
            _TRAINING_EXAMPLES,
            _TRAINING_EXAMPLES_WITH_ANNOTATIONS,
        ),
    ),
    Migration(2, "scores", (_SCORES, _CURRENT_SCORES, _WITH_SCORES)),
    Migration(3, "versions of training sets, and what was found of them", (sets.VERSIONS, sets.EVENTS, sets.EVALUATIONS)),
    Migration(4, "what a provider's prompt cache should have known", (_EXPECTED,)),
    Migration(5, "what lists read", projection.TABLES),
    Migration(6, "what an undo took back", ("ALTER TABLE rvbbit.main.training_annotations ADD COLUMN undoes VARCHAR",)),
    Migration(7, "which run a call is of", ("ALTER TABLE rvbbit.main.unified_logs ADD COLUMN run_id VARCHAR",)),
    Migration(8, "what lists have followed", projection.FOLLOWED),
    Migration(9, "embeddings", (vectors.VECTORS, vectors.ROWS, vectors.EMBEDDINGS)),
    Migration(10, "which calls lists have followed", (projection.FOLLOWED_CALLS,)),
    Migration(11, "which calls asked the same", projection.QUESTIONS),
)


def migrate(cursor: duckdb.DuckDBPyConnection, migrations: tuple[Migration, ...] = MIGRATIONS) -> int:
    """Bring catalog `rvbbit` up to the last migration; how many steps that took, each applied whole or not at all.

    Raises DatabaseError where the store was made by a newer version, duckdb.Error where DuckDB refuses.
    """
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS rvbbit.main.migrations (number INTEGER NOT NULL, name VARCHAR NOT NULL, applied TIMESTAMPTZ NOT NULL)"
    )
    row = cursor.execute("SELECT coalesce(max(number), 0) FROM rvbbit.main.migrations").fetchall()[0]
    latest = int(row[0])
    known = migrations[-1].number
    if latest > known:
        raise DatabaseError(
            f"the store is at migration {latest}; this version of RVBBIT knows {known}",
            hint="upgrade RVBBIT, or point RVBBIT_STORE at another store",
        )
    for migration in migrations:
        if migration.number > latest:
            _apply(cursor, migration)
    return known - latest


def _apply(cursor: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    cursor.execute("BEGIN")
    try:
        for statement in migration.statements:
            cursor.execute(statement)
        cursor.execute("INSERT INTO rvbbit.main.migrations VALUES (?, ?, ?)", [migration.number, migration.name, datetime.now(UTC)])
        cursor.execute("COMMIT")
    except duckdb.Error:
        cursor.execute("ROLLBACK")
        raise
