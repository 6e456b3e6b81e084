"""What the DuckDB store is asked about scores, as SQL. It scores nothing."""

from __future__ import annotations

from typing import Any

from rvbbit.interfaces import Due

ALIKE = 33  # newest answers of one question, the execution itself among them

CELLS = """
SELECT cascade_id, cell_name, count(*) FILTER (WHERE verified) AS verified FROM rvbbit.main.executions
GROUP BY cascade_id, cell_name ORDER BY count(*) DESC, cascade_id, cell_name"""

# What came first is told by `seq`. The judge has seen what it spoke of since a person last wanted to hear it anew; what people asked for
# stays open for the judge though free scorers have answered.
_DUE = """
FROM rvbbit.main.executions AS execution{texts}
LEFT JOIN (
    SELECT
        trace_id,
        arg_max(scorer_version, seq) FILTER (WHERE scorer = 'confidence') AS version,
        max(seq) FILTER (WHERE scorer = 'confidence') AS scored,
        max(seq) FILTER (WHERE scorer = 'asked') AS asked,
        max(seq) FILTER (WHERE scorer = 'judge' AND scorer_version = $judge)
            > coalesce(max(seq) FILTER (WHERE scorer = 'asked' AND scorer_version = 'again'), -1) AS judged
    FROM rvbbit.main.scores GROUP BY trace_id
) AS known ON known.trace_id = execution.trace_id
WHERE execution.cascade_id = $cascade_id AND execution.cell_name = $cell_name AND CASE WHEN $asked
    THEN known.asked > coalesce(known.scored, -1) OR (known.asked IS NOT NULL AND $judge <> '' AND NOT coalesce(known.judged, false))
    ELSE left(md5(execution.trace_id), 8) < $below
        AND (known.version IS DISTINCT FROM $version OR ($judge <> '' AND NOT coalesce(known.judged, false))) END"""

_OF_CELL = "execution.cascade_id = $cascade_id AND execution.cell_name = $cell_name"

_TEXTS = """
JOIN (
    SELECT trace_id, least(length(arguments::VARCHAR) + length(answer::VARCHAR), $most) AS characters FROM rvbbit.main.unified_logs
) AS log ON log.trace_id = execution.trace_id"""
_WAITING = """
SELECT count(*) AS executions, count(*) FILTER (WHERE NOT coalesce(known.judged, false)) AS unjudged, {characters} AS characters"""
_READ = "coalesce(sum(log.characters) FILTER (WHERE NOT coalesce(known.judged, false)), 0)::BIGINT"

UNSCORED = f"SELECT execution.trace_id {_DUE.format(texts='')} ORDER BY execution.timestamp DESC, execution.trace_id LIMIT $limit"

VERIFIED = f"""
SELECT trace_id FROM rvbbit.main.executions AS execution
WHERE verified AND {_OF_CELL} ORDER BY decided_at DESC, timestamp DESC, trace_id LIMIT $limit"""

_OF_GIVEN = """(
    FROM rvbbit.main.scores WHERE rowid IN (SELECT rowid FROM rvbbit.main.scores WHERE trace_id IN (SELECT id FROM given))
)"""

# A cell may be asked the same thing a million times: only the newest answers of each question are gathered. Texts are long, and read for
# the rows wanted and for those that asked the same by its number (`projection.QUESTION`), which moments and ids find.
SCORABLE = f"""
WITH state AS MATERIALIZED (
    SELECT trace_id, cascade_id, cell_name, question, timestamp, verified, own_confidence, corrected_output
    FROM rvbbit.main.executions WHERE trace_id IN (SELECT id FROM given)
), alike AS MATERIALIZED (
    SELECT unnest(arg_max({{'trace_id': trace_id, 'timestamp': timestamp}}, timestamp, {ALIKE})) AS one FROM rvbbit.main.executions
    WHERE question IN (SELECT question FROM state) GROUP BY cascade_id, cell_name, question
), wanted AS MATERIALIZED (
    SELECT trace_id, cascade_id, cell_name, arguments, answer, probability, finish_reason,
        response -> '$.choices[0].logprobs.content[*].logprob' AS logprobs
    FROM rvbbit.main.unified_logs WHERE rowid IN (
        SELECT rowid FROM rvbbit.main.unified_logs
        WHERE timestamp IN (SELECT timestamp FROM state) AND trace_id IN (SELECT id FROM given)
    )
), near AS MATERIALIZED (
    SELECT trace_id, cascade_id, cell_name, arguments, answer, timestamp FROM rvbbit.main.unified_logs WHERE rowid IN (
        SELECT rowid FROM rvbbit.main.unified_logs
        WHERE timestamp IN (SELECT one.timestamp FROM alike) AND trace_id IN (SELECT one.trace_id FROM alike)
    )
), others AS (
    SELECT cascade_id, cell_name, arguments, arg_max({{'trace_id': trace_id, 'answer': answer}}, timestamp, {ALIKE}) AS answers
    FROM near GROUP BY cascade_id, cell_name, arguments
)
SELECT wanted.*, others.answers AS others, coalesce(state.corrected_output, wanted.answer) AS held,
    CASE WHEN state.verified
        THEN coalesce(state.corrected_output = wanted.answer, true) AND coalesce(state.own_confidence, 1) >= 0.5 END AS right,
    coalesce(asked.again, false) AS again
FROM wanted
JOIN state ON state.trace_id = wanted.trace_id
LEFT JOIN others ON (others.cascade_id, others.cell_name, others.arguments) = (wanted.cascade_id, wanted.cell_name, wanted.arguments)
LEFT JOIN (
    SELECT trace_id, max(seq) FILTER (WHERE scorer = 'asked' AND scorer_version = 'again')
        > coalesce(max(seq) FILTER (WHERE scorer = 'judge'), -1) AS again
    FROM {_OF_GIVEN} GROUP BY trace_id
) AS asked ON asked.trace_id = wanted.trace_id"""

CURRENT = f"""
SELECT
    trace_id, scorer, arg_max(scorer_version, seq) AS scorer_version, arg_max_null(value, seq) AS value, arg_max(reason, seq) AS reason,
    arg_max(calibrated, seq) AS calibrated, arg_max(timestamp, seq) AS timestamp, sum(cost) AS cost
FROM {_OF_GIVEN} GROUP BY trace_id, scorer"""


def waiting(characters: bool) -> str:
    """The query of what is due; `characters`: with how long the texts are, which takes reading all of them."""
    read, texts = (_READ, _TEXTS) if characters else ("0", "")
    return _WAITING.format(characters=read) + _DUE.format(texts=texts)


def due(asked: Due) -> dict[str, Any]:
    """The parameters of `waiting` and UNSCORED."""
    return {"version": asked.version, "judge": asked.judge, "below": asked.below, "asked": asked.asked}
