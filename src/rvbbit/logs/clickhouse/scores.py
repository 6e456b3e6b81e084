"""What the ClickHouse store is asked about scores. It scores nothing; `logs.values` makes executions of its rows."""

from __future__ import annotations

from typing import Any

from rvbbit.interfaces import Due
from rvbbit.logs.clickhouse.tables import TEACHES

_OF_CELL = "cascade_id = {cascade_id:String} AND cell_name = {cell_name:String}"

# `known` is nothing where an execution has no score of any kind. What came first is told by `seq`, the server's own number: `timestamp` is
# by the clock of whoever scored, and two of them differ. The judge has seen what it spoke of since a person last wanted to hear it anew;
# what people asked for stays open for the judge though free scorers have answered.
_DUE = f"""
FROM (SELECT trace_id, timestamp, inputs, answer FROM training_examples_mv WHERE {_OF_CELL}) AS execution
LEFT ANY JOIN (
    SELECT
        trace_id,
        toNullable(argMaxIf(scorer_version, seq, scorer = 'confidence')) AS version,
        maxIf(seq, scorer = 'confidence') AS scored,
        maxIf(seq, scorer = 'judge' AND scorer_version = {{judge:String}}) > maxIf(seq, scorer = 'asked' AND scorer_version = 'again')
            AS judged,
        maxIf(seq, scorer = 'asked') AS asked
    FROM scores GROUP BY trace_id
) AS known ON known.trace_id = execution.trace_id
WHERE if({{asked:Bool}},
    known.asked > known.scored OR (known.asked > 0 AND {{judge:String}} <> '' AND NOT known.judged),
    left(lower(hex(MD5(execution.trace_id))), 8) < {{below:String}}
        AND (ifNull(known.version, '') <> {{version:String}} OR known.scored = 0 OR ({{judge:String}} <> '' AND NOT known.judged)))
"""

WAITING = f"""
SELECT
    toInt64(count()) AS executions,
    toInt64(countIf(NOT known.judged)) AS unjudged,
    toInt64(sumIf(least(lengthUTF8(execution.inputs) + lengthUTF8(ifNull(execution.answer, '')), {{most:Int64}}), NOT known.judged))
        AS characters
{_DUE}"""

UNSCORED = f"SELECT execution.trace_id AS trace_id {_DUE} ORDER BY execution.timestamp DESC, execution.trace_id LIMIT {{limit:UInt64}}"

VERIFIED = f"""
SELECT execution.trace_id AS trace_id
FROM (SELECT trace_id, timestamp FROM training_examples_mv WHERE {_OF_CELL}) AS execution
INNER JOIN (SELECT trace_id, decided_at FROM training_state WHERE verified) AS state ON state.trace_id = execution.trace_id
ORDER BY state.decided_at DESC, execution.timestamp DESC, execution.trace_id LIMIT {{limit:UInt64}}"""

# A cell may be asked the same thing a million times: only the newest answers of each question are gathered.
_WANTED = "SELECT {columns} FROM unified_logs WHERE trace_id IN (SELECT id FROM given)"
SCORABLE = f"""
SELECT
    wanted.trace_id AS trace_id, wanted.cascade_id AS cascade_id, wanted.cell_name AS cell_name, wanted.arguments AS arguments,
    wanted.answer AS answer, wanted.probability AS probability, wanted.finish_reason AS finish_reason,
    arrayMap(token -> JSONExtractRaw(token, 'logprob'), JSONExtractArrayRaw(wanted.response, 'choices', 1, 'logprobs', 'content'))
        AS logprobs,
    others.answers AS others,
    ifNull(state.corrected_output, wanted.answer) AS held,
    if(state.verified,
        ifNull(state.corrected_output = wanted.answer, true) AND ifNull(state.confidence, 1) >= 0.5, NULL) AS right,
    asked.again AS again
FROM (
    SELECT trace_id, cascade_id, cell_name, arguments, ifNull(answer, 'null') AS answer, probability, finish_reason,
        ifNull(response, '') AS response
    FROM unified_logs WHERE trace_id IN (SELECT id FROM given)
) AS wanted
LEFT ANY JOIN (
    SELECT cascade_id, cell_name, arguments, arrayMap(
        found -> CAST((found.2, found.3), 'Tuple(trace_id String, answer String)'),
        groupArraySorted(33)((-toUnixTimestamp64Micro(timestamp), trace_id, ifNull(answer, 'null')))) AS answers
    FROM unified_logs
    WHERE {TEACHES} AND (cascade_id, cell_name, arguments) IN (
        {_WANTED.format(columns="cascade_id, cell_name, arguments")})
    GROUP BY cascade_id, cell_name, arguments
) AS others ON others.cascade_id = wanted.cascade_id AND others.cell_name = wanted.cell_name AND others.arguments = wanted.arguments
LEFT ANY JOIN (SELECT * FROM training_state WHERE trace_id IN (SELECT id FROM given)) AS state ON state.trace_id = wanted.trace_id
LEFT ANY JOIN (
    SELECT trace_id, maxIf(seq, scorer = 'asked' AND scorer_version = 'again') > maxIf(seq, scorer = 'judge') AS again
    FROM scores WHERE trace_id IN (SELECT id FROM given) GROUP BY trace_id
) AS asked ON asked.trace_id = wanted.trace_id"""

CURRENT = "SELECT * FROM current_scores WHERE trace_id IN (SELECT id FROM given) ORDER BY trace_id, scorer"


def due(asked: Due) -> dict[str, Any]:
    """The parameters of WAITING and UNSCORED."""
    return {"version": asked.version, "judge": asked.judge, "below": asked.below, "asked": asked.asked}
