"""A statement whose aggregates are to have intervals: which they are, over which rows, and what must be known of each row. Pure.

    SELECT shop, COUNT(*) AS n FROM reviews WHERE year = 2025 AND text MEANS 'angry' GROUP BY shop

is an interval's statement: one call, in a condition of WHERE that names nothing else; aggregates that are columns of their own. Its rows
are `SELECT text, 'angry', shop FROM reviews WHERE year = 2025`: who could be counted, whatever the answers are.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import conditions
from rvbbit.sql.dialect import Call
from rvbbit.sql.scopes import own_nodes

KEY, ARGUMENT, ADDED = "__rv_g", "__rv_a", "__rv_x"
ANSWER = "__rv_v"
_DONE = ("count", "sum", "avg")
_REFUSED = ("distinct", "qualify", "sample", "windows", "laterals", "pivots", "with_")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An output column by its place; `kind` is count, sum or avg; `added` numbers the column of `rows` with its argument, if any."""

    place: int
    kind: str
    added: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """`rows` has a column for each of the call's arguments, each key of GROUP BY and each aggregate's argument; `keys` counts the keys,
    which the statement itself was given as its last columns. `holds` is the condition over a column of answers."""

    call: Call
    aggregates: tuple[Aggregate, ...]
    keys: int
    rows: exp.Select
    holds: exp.Expr


def measured(tree: exp.Expr, aggregates: Set[str]) -> Measured:
    """What is to be measured; the statement gets its keys as further columns. Raises SQLError for what has no interval.

    `aggregates` are the names of DuckDB's, in lower case.
    """
    select = _plain(tree)
    call, predicate, cheap = _condition(select)
    keys = _keys(select, aggregates)
    if any(key.find(Call) for key in keys):
        raise _refused("GROUP BY holds the semantic expression", "group by a column")
    added: list[exp.Expr] = []
    outputs = [(place, one.unalias()) for place, one in enumerate(select.expressions) if _aggregates(one, aggregates)]
    found = [_aggregate(place, value, added) for place, value in outputs]
    if not found:
        raise _refused("no column is COUNT, SUM or AVG", "write one, as a column of its own")
    columns: list[tuple[str, Sequence[exp.Expr]]] = [(ARGUMENT, call.arguments), (KEY, keys), (ADDED, added)]
    rows = exp.Select(expressions=[exp.alias_(one.copy(), f"{name}{i}") for name, some in columns for i, one in enumerate(some)])
    for clause in ("from_", "joins"):
        if select.args.get(clause):
            kept = select.args[clause]
            rows.set(clause, [join.copy() for join in kept] if isinstance(kept, list) else kept.copy())
    for part in cheap:
        rows.where(exp.paren(part.copy(), copy=False), copy=False)
    for i, key in enumerate(keys):
        select.append("expressions", exp.alias_(key.copy(), f"{KEY}{i}"))
    holder = exp.Paren(this=predicate.copy())
    for inner in list(holder.find_all(Call)):
        inner.replace(exp.column(ANSWER))
    return Measured(call, tuple(found), len(keys), rows, holder)


def _plain(tree: exp.Expr) -> exp.Select:
    if not isinstance(tree, exp.Select):
        raise _refused("the statement is no plain SELECT", "SELECT COUNT(*) FROM … WHERE x MEANS 'c'")
    named = next((clause for clause in _REFUSED if tree.args.get(clause)), None)
    if named is not None or tree.find(exp.Window):
        raise _refused(f"the statement has {(named or 'a window').strip('_').upper()}", "leave it out, or take it into a subquery of FROM")
    return tree


def _condition(select: exp.Select) -> tuple[Call, exp.Expr, list[exp.Expr]]:
    """The one call, the condition of WHERE that holds it, and the others."""
    calls = list(select.find_all(Call))
    where = select.args.get("where")
    parts = conditions.conjuncts(where.this) if where is not None else []
    semantic = [part for part in parts if part.find(Call)]
    if len(calls) != 1 or len(semantic) != 1:
        raise _refused(f"{len(calls)} semantic expressions, {len(semantic)} of them in WHERE", "an interval is over one, in WHERE")
    (call,) = calls
    pairs = call.operator.pairs
    if pairs.symmetric or pairs.reflexive or pairs.blocked:
        raise _refused(
            f"{call.operator.name.upper()} answers some pairs without a question", "an interval is over an operator that asks all"
        )
    beside = [column for column in semantic[0].find_all(exp.Column) if column.find_ancestor(Call) is None]
    if beside or call.find(exp.Select) or semantic[0].find(exp.Select):
        raise _refused("the condition with the semantic expression names something else", "join the two conditions by AND")
    return call, semantic[0], [part for part in parts if part is not semantic[0]]


def _keys(select: exp.Select, aggregates: Set[str]) -> list[exp.Expr]:
    group = select.args.get("group")
    outputs = [projection.unalias() for projection in select.expressions]
    if group is None:
        return []
    sets = any(
        isinstance(key, exp.Rollup | exp.Cube | exp.GroupingSets) or key.name.upper() in {"ROLLUP", "CUBE"} for key in group.expressions
    )
    if sets or any(group.args.get(kind) for kind in ("grouping_sets", "cube", "rollup")):
        raise _refused("GROUP BY has grouping sets", "group by columns")
    if group.args.get("all"):
        return [output for output in outputs if not _aggregates(output, aggregates)]
    named = {projection.alias.lower(): projection.this for projection in select.expressions if isinstance(projection, exp.Alias)}
    places = [outputs[int(key.name) - 1] if isinstance(key, exp.Literal) and key.is_int else key for key in group.expressions]
    return [named.get(key.name.lower(), key) if isinstance(key, exp.Column) and not key.table else key for key in places]


def _aggregates(tree: exp.Expr, aggregates: Set[str]) -> bool:
    """Whether an output computes over a group, subqueries of its own aside."""
    return any(
        isinstance(node, exp.AggFunc) or (isinstance(node, exp.Anonymous) and node.name.lower() in aggregates) for node in own_nodes(tree)
    )


def _aggregate(place: int, value: exp.Expr, added: list[exp.Expr]) -> Aggregate:
    kind = value.name.lower() if isinstance(value, exp.Anonymous) else value.key
    arguments = value.expressions if isinstance(value, exp.Anonymous) else [value.this]
    if kind not in _DONE or len(arguments) > 1:
        raise _refused(f"{value.sql('duckdb')} is no COUNT, SUM or AVG by itself", "make each of them a column of its own, without FILTER")
    if not arguments or isinstance(arguments[0], exp.Star):
        return Aggregate(place, kind, None)
    if isinstance(arguments[0], exp.Distinct):
        raise _refused(f"{value.sql('duckdb')} counts distinct values", "count rows")
    added.append(arguments[0])
    return Aggregate(place, kind, len(added) - 1)


def _refused(what: str, hint: str) -> SQLError:
    return SQLError(f"hint interval: {what}", hint=hint)
