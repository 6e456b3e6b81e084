"""Aggregate calls as ordinary ones: `SUMMARIZE(text)` asks about the list that DuckDB collects for the group.

    SELECT grp, SUMMARIZE(text) FROM t GROUP BY grp
    SELECT grp, SUMMARIZE(list_sort(list(text) FILTER (WHERE text IS NOT NULL))) FROM t GROUP BY grp

The list is sorted, so neither the order of rows nor threads change the question; a group without values is NULL and asks nothing. FILTER,
DISTINCT and OVER go where the list is made. After that nobody needs to know that the call was an aggregate.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import scopes
from rvbbit.sql.dialect import Call
from rvbbit.sql.lowering import written
from rvbbit.sql.sorted_lists import COLLECT, SORTED


def as_typed(call: Call) -> str:
    """An aggregate call's text with the FILTER and OVER that belong to it; any other call's own."""
    node: exp.Expr = call
    while call.operator.shape == "aggregate" and isinstance(node.parent, exp.Filter | exp.Window) and node.parent.this is node:
        node = node.parent
    return written(node)


def collect(statement: exp.Expr) -> None:
    """Put the list of the group in place of each aggregate call's first argument. Raises SQLError for what has no one meaning."""
    for call in list(statement.find_all(Call)):
        if call.operator.shape == "aggregate":
            _collect(call)
        elif isinstance(call.parent, exp.Filter | exp.Window) and call.parent.this is call:
            clause = "FILTER" if isinstance(call.parent, exp.Filter) else "OVER"
            raise _refused(call, f"is asked a row and takes no {clause}", "an operator with `shape: aggregate` does")


def _collect(call: Call) -> None:
    if scopes.block_of(call) is None:
        raise _refused(call, "answers for a group of rows, and here are none", "write it in a SELECT")
    if any(isinstance(argument, exp.Order) for argument in call.expressions):
        raise _refused(call, "takes its values in no order", "leave ORDER BY out of its parentheses")
    outer: exp.Expr = call
    condition: exp.Expr | None = None
    if isinstance(call.parent, exp.Filter) and call.parent.this is call:
        outer = call.parent
        condition = outer.expression.this.copy()
    window: exp.Expr | None = None
    if isinstance(outer.parent, exp.Window) and outer.parent.this is outer:
        outer = outer.parent
        window = outer.copy()
    call.expressions[0].replace(_listed(call.expressions[0], call.is_distinct, condition, window))
    if outer is not call:
        outer.replace(call)


def _listed(values: exp.Expr, distinct: bool, condition: exp.Expr | None, window: exp.Expr | None) -> exp.Expr:
    """The sorted list of the group's values that are not null; NULL where there are none."""
    asked = values.find(Call) is not None
    item = exp.Distinct(expressions=[values.copy()]) if distinct else values.copy()
    made: exp.Expr = exp.Anonymous(this=COLLECT, expressions=[item])
    parts: list[exp.Expr] = [_of_the_rows(values)] if asked else [exp.Not(this=_is_null(values))]
    if condition is not None:
        parts.append(exp.paren(condition, copy=False))
    made = exp.Filter(this=made, expression=exp.Where(this=exp.and_(*parts, copy=False)))
    if window is not None:
        window.set("this", made)
        made = window
    made = exp.Anonymous(this=SORTED, expressions=[made])
    if not asked:
        return made
    kept = exp.Lambda(this=exp.Not(this=exp.Is(this=exp.column("v"), expression=exp.null())), expressions=[exp.to_identifier("v")])
    return exp.Anonymous(this="nullif", expressions=[exp.Anonymous(this="list_filter", expressions=[made, kept]), exp.Array()])


def _of_the_rows(values: exp.Expr) -> exp.Expr:
    """Always true, and of a column: in a lookup DuckDB takes an aggregate over a subquery alone for one of the lookup's own."""
    column = next((node for node in scopes.own_nodes(values) if isinstance(node, exp.Column)), exp.null())
    always = exp.or_(_is_null(column), exp.true(), copy=False)
    always.meta["always"] = True
    return exp.paren(always, copy=False)


def _is_null(value: exp.Expr) -> exp.Is:
    return exp.Is(this=exp.paren(value.copy(), copy=False), expression=exp.null())


def stand_for_keys(statement: exp.Expr, is_column: Callable[[exp.Select, str], bool]) -> None:
    """As a key of GROUP BY, an aggregate that names another operator for that (`group_by`) is that one: so is each equal call beside it.

        SELECT TOPICS(text, 5) AS topic, count(*) FROM t GROUP BY topic
        SELECT MEANING(text, 5) AS topic, count(*) FROM t GROUP BY topic

    `is_column` tells whether a block has a column of its own by a name, which then is what GROUP BY means.
    """
    for select in list(statement.find_all(exp.Select)):
        group = select.args.get("group")
        for key in list(group.find_all(exp.Column, exp.Literal, Call)) if group is not None else ():
            call = _behind(key, select, is_column)
            if call is not None:
                place = next((i for i, output in enumerate(select.expressions, start=1) if output.unalias() == call), None)
                if isinstance(key, Call) and place is not None:
                    key.replace(exp.Literal.number(place))
                for other in [one for one in select.find_all(Call) if scopes.block_of(one) is select and one == call]:
                    other.replace(other.meta["as_key"].copy())


def _behind(key: exp.Expr, select: exp.Select, is_column: Callable[[exp.Select, str], bool]) -> Call | None:
    """The aggregate call that a key of GROUP BY stands for, itself or by place or name; None for any other key."""
    node = key
    if isinstance(key, exp.Literal) and key.is_int and isinstance(key.parent, exp.Group) and 0 < int(key.name) <= len(select.expressions):
        node = select.expressions[int(key.name) - 1].unalias()
    elif isinstance(key, exp.Column) and not key.table and key.find_ancestor(Call) is None:
        named = [p.this for p in select.expressions if isinstance(p, exp.Alias) and p.alias.lower() == key.name.lower()]
        if named and isinstance(named[0], Call) and "as_key" in named[0].meta and not is_column(select, key.name):
            node = named[0]
    if not isinstance(node, Call) or "as_key" not in node.meta:
        return None
    return node.copy()


def read_blocks(statement: exp.Expr) -> None:
    """Where an argument is an aggregate's answer over the block (`over` in the operator), the block is written into it.

    SELECT MEANING(text, 5) FROM t WHERE amount > 3
    SELECT MEANING(text, 5, NULL, (SELECT MEANINGS(DISTINCT text, 5, NULL) FROM t WHERE amount > 3)) FROM t WHERE amount > 3
    """
    for call in list(statement.find_all(Call))[::-1]:
        for place, parameter in enumerate(call.operator.parameters):
            if parameter.over and isinstance(call.expressions[place], Call):
                _read_block(call, place)


def _read_block(call: Call, place: int) -> None:
    block = scopes.block_of(call)
    if not isinstance(block, exp.Select) or block.args.get("from_") is None:
        raise _refused(call, "labels the rows of a SELECT … FROM", "write it in one")
    if scopes.clause_of(call, block) in {"where", "joins", "from_", "laterals", "qualify"}:
        raise _refused(call, "knows the rows that WHERE leaves, so it cannot stand there", "label them in a subquery and filter outside")
    inner = exp.Select(expressions=[call.expressions[place].copy()])
    for clause in ("from_", "joins", "laterals", "where"):
        if block.args.get(clause):
            given = block.args[clause]
            inner.set(clause, [item.copy() for item in given] if isinstance(given, list) else given.copy())
    read = exp.Subquery(this=inner)
    read.meta["left_out"] = True
    call.expressions[place].replace(read)


def keep_one_of_a_kind(statement: exp.Expr) -> None:
    """`SELECT SEMANTIC DISTINCT` keeps a representative of the rows that mean the same: those that DEDUPE answers.

    SELECT SEMANTIC DISTINCT name FROM t WHERE id > 3 ORDER BY name
    SELECT DISTINCT name FROM t WHERE id > 3 AND (name IS NULL OR name IN (SELECT unnest(DEDUPE(name)) FROM t WHERE id > 3))
        ORDER BY name
    """
    for select in list(statement.find_all(exp.Select))[::-1]:
        hint = select.args.get("hint")
        if hint is not None and isinstance(hint.expressions[0], Call):
            select.set("hint", None)
            _keep_one(select, hint.expressions[0])


def _keep_one(select: exp.Select, call: Call) -> None:
    outputs = [projection.unalias() for projection in select.expressions]
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise _refused(call, "takes no ON", "SELECT SEMANTIC DISTINCT names what it compares in its columns", name="SEMANTIC DISTINCT")
    if not outputs:
        raise _refused(call, "compares no column", "name the columns that it is to compare", name="SEMANTIC DISTINCT")
    if any(output.find(exp.Star) and not output.find(Call) for output in outputs):
        raise _refused(call, "cannot tell which columns * are", "name the columns that it is to compare", name="SEMANTIC DISTINCT")
    if select.args.get("group") or select.args.get("having") or select.args.get("from_") is None:
        what = "compares the rows of a FROM without GROUP BY"
        raise _refused(call, what, "put the groups in a subquery, and SEMANTIC DISTINCT around it", name="SEMANTIC DISTINCT")
    key = outputs[0].copy()
    if len(outputs) > 1:
        texts: list[exp.Expr] = [exp.cast(output.copy(), "VARCHAR", dialect="duckdb") for output in outputs]
        key = exp.Anonymous(this="concat_ws", expressions=[exp.Literal.string(" | "), *texts])
    call.expressions[0].replace(key.copy())
    inner = exp.Select(expressions=[exp.Anonymous(this="unnest", expressions=[call.copy()])])
    for clause in ("from_", "joins", "laterals", "where"):
        if select.args.get(clause):
            given = select.args[clause]
            inner.set(clause, [item.copy() for item in given] if isinstance(given, list) else given.copy())
    known = exp.In(this=exp.paren(key.copy(), copy=False), query=exp.Subquery(this=inner))
    select.where(exp.paren(exp.or_(_is_null(key), known, copy=False), copy=False), copy=False)


def _refused(call: Call, what: str, hint: str, *, name: str = "") -> SQLError:
    return SQLError(f"{name or call.operator.name.upper()} {what}", hint=hint, line=call.meta["line"], column=call.meta["column"])
