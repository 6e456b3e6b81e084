"""The ClickHouse store's tables and views, column by column as `docs/log.md` explains them. It runs nothing.

Facts are `MergeTree`: rows are added and nothing is replaced. No table is partitioned, so that one insert is one part: all of it or none.
`seq` is the server's own snowflake number, given as a row lands: one clock orders what several servers write. A token that each insert
carries is remembered for so many inserts (`non_replicated_deduplication_window`), so that one sent twice is there once. What people said
outlives a power cut, too; of calls and scores that is left to the server's settings, as it costs more than the insert. What holds is a view
over the facts. Why: docs/adr/0015-clickhouse.md.
"""

from __future__ import annotations

_TOKENS = "non_replicated_deduplication_window = 1000"
_SYNCED = f"{_TOKENS}, fsync_after_insert = 1, fsync_part_directory = 1"
_SEQ = "seq Int64 DEFAULT toInt64(generateSnowflakeID())"
_FINE = "index_granularity = 512"  # a list shows a hundred rows of a million: beside each, so many are read
_BLOOM = "TYPE bloom_filter(0.01) GRANULARITY 1"

UNIFIED_LOGS = f"""
CREATE TABLE IF NOT EXISTS unified_logs (
    trace_id String,
    session_id String,
    caller_id Nullable(String),
    query_id Nullable(String),
    timestamp DateTime64(6, 'UTC'),
    source LowCardinality(String),
    cascade_id LowCardinality(String),
    cell_name LowCardinality(String),
    kind LowCardinality(String),
    cascade_fingerprint LowCardinality(String),
    cell_fingerprint LowCardinality(String),
    model LowCardinality(String),
    arguments String,
    request Nullable(String),
    response Nullable(String),
    answer Nullable(String),
    cache_key Nullable(String),
    probability Nullable(Float64),
    finish_reason Nullable(String),
    attempt Int32,
    take Int32,
    tokens_in Int64,
    tokens_out Int64,
    tokens_cached Int64,
    cost Nullable(Float64),
    duration_ms Float64,
    cached Bool,
    set_version String,
    example_ids Array(String),
    error Nullable(String),
    error_code Nullable(String),
    tokens_cached_expected Int64,
    landed UInt64 MATERIALIZED generateSnowflakeID(),
    INDEX of_trace trace_id {_BLOOM},
    INDEX of_key cache_key {_BLOOM},
    INDEX of_session session_id {_BLOOM},
    INDEX of_query query_id {_BLOOM}
) ENGINE = MergeTree ORDER BY (timestamp, trace_id) SETTINGS {_FINE}, {_TOKENS}"""

TRAINING_ANNOTATIONS = f"""
CREATE TABLE IF NOT EXISTS training_annotations (
    {_SEQ},
    trace_id String,
    author String,
    timestamp DateTime64(6, 'UTC'),
    batch String,
    fields Array(LowCardinality(String)),
    trainable Nullable(Bool),
    verified Nullable(Bool),
    confidence Nullable(Float64),
    corrected_output Nullable(String),
    notes Nullable(String),
    tags Array(String),
    reason Nullable(String),
    undoes Nullable(String),
    INDEX of_batch batch {_BLOOM}
) ENGINE = MergeTree ORDER BY (trace_id, seq) SETTINGS {_FINE}, {_SYNCED}"""

SCORES = f"""
CREATE TABLE IF NOT EXISTS scores (
    {_SEQ},
    trace_id String,
    scorer LowCardinality(String),
    scorer_version LowCardinality(String),
    value Nullable(Float64),
    reason String,
    calibrated Bool,
    timestamp DateTime64(6, 'UTC'),
    cost Nullable(Float64)
) ENGINE = MergeTree ORDER BY (trace_id, scorer, seq) SETTINGS {_FINE}, {_TOKENS}"""

QUERY_LOG = f"""
CREATE TABLE IF NOT EXISTS query_log (
    query_id String,
    session_id String,
    timestamp DateTime64(6, 'UTC'),
    sql String,
    rows Nullable(Int64),
    calls Int64,
    cached Int64,
    tokens_in Int64,
    tokens_out Int64,
    tokens_cached Int64,
    cost Nullable(Float64),
    duration_ms Float64,
    error Nullable(String),
    error_code Nullable(String),
    landed UInt64 MATERIALIZED generateSnowflakeID(),
    INDEX of_query query_id {_BLOOM},
    INDEX of_session session_id {_BLOOM}
) ENGINE = MergeTree ORDER BY (timestamp, query_id) SETTINGS {_TOKENS}"""

_SET = f"{_SEQ}, cascade_id String, cell_name String, scope String"

TRAINING_SETS = f"""
CREATE TABLE IF NOT EXISTS training_sets (
    {_SET},
    version String,
    timestamp DateTime64(6, 'UTC'),
    parent Nullable(String),
    added Array(String),
    answers Array(String),
    removed Array(String),
    size Int64
) ENGINE = MergeTree ORDER BY seq SETTINGS {_SYNCED}"""

TRAINING_SET_EVENTS = f"""
CREATE TABLE IF NOT EXISTS training_set_events (
    {_SET},
    kind String,
    version Nullable(String),
    author String,
    timestamp DateTime64(6, 'UTC'),
    name String,
    reason Nullable(String)
) ENGINE = MergeTree ORDER BY seq SETTINGS {_SYNCED}"""

TRAINING_EVALUATIONS = f"""
CREATE TABLE IF NOT EXISTS training_evaluations (
    {_SET},
    version String,
    timestamp DateTime64(6, 'UTC'),
    harm Bool,
    result String
) ENGINE = MergeTree ORDER BY seq SETTINGS {_SYNCED}"""

# argMax passes over NULL, and a decision may set a field back to nothing: a tuple around the value is never NULL.
TRAINING_STATE = """
CREATE OR REPLACE VIEW training_state AS
SELECT
    trace_id,
    ifNull(argMaxIf(tuple(trainable), seq, has(fields, 'trainable')).1, false) AS trainable,
    ifNull(argMaxIf(tuple(verified), seq, has(fields, 'verified')).1, false) AS verified,
    argMaxIf(tuple(confidence), seq, has(fields, 'confidence')).1 AS confidence,
    argMaxIf(tuple(corrected_output), seq, has(fields, 'corrected_output')).1 AS corrected_output,
    argMaxIf(tuple(notes), seq, has(fields, 'notes')).1 AS notes,
    argMaxIf(tags, seq, has(fields, 'tags')) AS tags,
    maxOrNullIf(training_annotations.timestamp, hasAny(fields, ['trainable', 'verified', 'corrected_output'])) AS decided_at,
    toNullable(argMax(training_annotations.author, seq)) AS author
FROM training_annotations
GROUP BY trace_id"""

CURRENT_SCORES = """
CREATE OR REPLACE VIEW current_scores AS
SELECT
    trace_id,
    scorer,
    argMax(scores.scorer_version, seq) AS scorer_version,
    argMax(tuple(scores.value), seq).1 AS value,
    argMax(scores.reason, seq) AS reason,
    argMax(scores.calibrated, seq) AS calibrated,
    argMax(scores.timestamp, seq) AS timestamp,
    sum(scores.cost) AS cost
FROM scores
GROUP BY trace_id, scorer"""

# JSON as a person reads it: text without its quotes, a null as nothing.
_READ = "if(startsWith({json}, '\"'), JSONExtractString({json}), {json})"
_PAIRS = "JSONExtractKeysAndValuesRaw(arguments)"
USER_INPUT = f"""if(length({_PAIRS}) = 1,
        arrayMap(pair -> if(pair.2 = 'null', NULL, {_READ.format(json="pair.2")}), {_PAIRS})[1],
        arrayStringConcat(
            arrayMap(pair -> concat(pair.1, ': ', if(pair.2 = 'null', '', {_READ.format(json="pair.2")})), {_PAIRS}), char(10)))"""
"""Arguments to read: the one value, or a line `name: value` for each of several."""

TEACHES = "kind = 'llm' AND error IS NULL AND source NOT IN ('judge', 'test')"
"""Which calls can teach."""

TRAINING_EXAMPLES = f"""
CREATE OR REPLACE VIEW training_examples_mv AS
SELECT
    trace_id, session_id, caller_id, query_id, timestamp, source, cascade_id, cell_name, cell_fingerprint, model,
    arguments AS inputs,
    {USER_INPUT} AS user_input,
    answer,
    if(answer = 'null', NULL, {_READ.format(json="answer")}) AS assistant_output,
    probability, cost, tokens_in, tokens_out, tokens_cached, duration_ms, set_version, example_ids
FROM unified_logs
WHERE {TEACHES}"""

# A person's own confidence wins; it is neither calibrated nor not.
WITH_ANNOTATIONS = """
CREATE OR REPLACE VIEW training_examples_with_annotations AS
SELECT
    example.trace_id AS trace_id,
    example.* EXCEPT trace_id,
    state.trainable AS trainable,
    state.verified AS verified,
    ifNull(state.confidence, score.value) AS confidence,
    if(state.confidence IS NULL AND score.value IS NOT NULL, score.calibrated, NULL) AS calibrated,
    state.corrected_output AS corrected_output,
    state.notes AS notes,
    state.tags AS tags,
    state.decided_at AS decided_at,
    state.author AS author
FROM training_examples_mv AS example
LEFT ANY JOIN training_state AS state ON state.trace_id = example.trace_id
LEFT ANY JOIN (SELECT trace_id, value, calibrated FROM current_scores WHERE scorer = 'confidence') AS score
    ON score.trace_id = example.trace_id
SETTINGS join_use_nulls = 0"""

# An edition is a partition: it is filled, then named in `editions`, and dropped whole. What is not named is not there.
KEPT_EXECUTIONS = """
CREATE TABLE IF NOT EXISTS kept_executions (
    edition Int64,
    trace_id String,
    session_id String,
    caller_id Nullable(String),
    query_id Nullable(String),
    timestamp DateTime64(6, 'UTC'),
    source LowCardinality(String),
    cascade_id LowCardinality(String),
    cell_name LowCardinality(String),
    model LowCardinality(String),
    cost Nullable(Float64),
    tokens_in Int64,
    tokens_out Int64,
    duration_ms Float64,
    criterion Nullable(String),
    label String,
    trainable Bool,
    verified Bool,
    corrected Bool,
    confidence Nullable(Float64),
    tags Array(String)
) ENGINE = MergeTree PARTITION BY edition ORDER BY (timestamp, trace_id)"""

EDITIONS = """
CREATE TABLE IF NOT EXISTS editions (
    number Int64,
    upto Int64,
    executions Int64,
    facts Array(Int64),
    altered Array(Int64),
    timestamp DateTime64(6, 'UTC')
) ENGINE = MergeTree ORDER BY number"""

NEWEST = tuple(
    statement
    for table, number in (("unified_logs", "landed"), ("training_annotations", "seq"), ("scores", "seq"))
    for statement in (
        f"ALTER TABLE {table} ADD INDEX IF NOT EXISTS of_newest {number} TYPE minmax GRANULARITY 1",
        f"ALTER TABLE {table} MATERIALIZE INDEX of_newest",
    )
)
"""Statements after which what landed since a moment is found without reading what was there before."""
