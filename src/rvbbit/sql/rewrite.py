"""What a parsed statement is made into before it is bound: the same meaning, in fewer forms.

Scores that stand as conditions become comparisons, calls in the ON of inner joins move to WHERE, unnamed columns with calls get their
names. Statements that would keep a call for later (views, macros) are refused.
"""

from __future__ import annotations

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import aggregates, compared, conditions, outer_joins, typecheck
from rvbbit.sql.dialect import Call
from rvbbit.sql.lowering import written
from rvbbit.sql.statements import Hints


def refuse_definitions(statement: exp.Expr) -> None:
    """What would run where nobody counts, and what cannot be true however it is answered."""
    for call in statement.find_all(Call):
        compared.check(call)
        compared.check_boolean(call)
        typecheck.check_written(call)
    kind = str(statement.args.get("kind") or "").upper()
    if isinstance(statement, exp.Create) and kind == "TABLE" and any(call.find_ancestor(exp.Schema) for call in statement.find_all(Call)):
        raise SQLError(
            "a column's definition cannot hold a semantic expression", hint="write the expression in the INSERT or UPDATE instead"
        )
    if isinstance(statement, exp.Alter):
        raise SQLError("ALTER cannot take a semantic expression", hint="add the column first, then UPDATE it with the expression")
    if isinstance(statement, exp.Create) and kind != "TABLE":
        raise SQLError(
            f"{'an' if kind == 'INDEX' else 'a'} {kind.lower() or 'definition'} cannot hold a semantic expression:"
            " it would run where nobody can count its calls",
            hint="CREATE TABLE … AS SELECT … keeps the answers; or write the expression in the query that uses it",
        )


def remember_as_typed(call: Call) -> None:
    """Keep a call's own text and its arguments', for plans and messages: later steps may move and rename what is in it."""
    call.meta["typed"] = aggregates.as_typed(call).replace("$p_", "$")
    call.meta["typed_arguments"] = tuple(as_typed(argument) for argument in call.arguments)
    call.meta["castable_arguments"] = tuple(f"({as_typed(one)})" if _is_loose(one) else as_typed(one) for one in call.arguments)


def _is_loose(tree: exp.Expr) -> bool:
    """Whether `::` behind a part of a statement would cast its end alone."""
    loose = (exp.Binary, exp.Unary, exp.Predicate, exp.Between, exp.Interval)
    return isinstance(tree, loose) and not isinstance(tree, exp.Paren | exp.Dot | exp.Func | exp.Subquery | exp.Bracket)


def as_typed(tree: exp.Expr) -> str:
    """A part of a statement as a person wrote it."""
    return written(tree).replace("$p_", "$")


def as_condition(call: Call, hints: Hints) -> None:
    """A score that stands as a condition becomes `score >= threshold`. Raises TypeMismatch for a number without a threshold."""
    threshold = call.operator.threshold
    if not conditions.is_condition(call):
        return
    if threshold is None:
        compared.refuse_number(call)
        return
    limit = exp.convert(threshold if hints.threshold is None else hints.threshold)
    holder = exp.GTE(this=exp.null(), expression=limit)
    call.replace(exp.paren(holder, copy=False))
    holder.set("this", call)


def hoist_join_conditions(statement: exp.Expr) -> None:
    """Move calls from the ON of inner joins to WHERE, where they mean the same and cheap predicates can go first; of LEFT JOIN into IN."""
    outer_joins.hoist(statement)
    for select in statement.find_all(exp.Select):
        joins = select.args.get("joins") or ()
        if any(join.side in {"RIGHT", "FULL"} for join in joins):
            continue
        for join in joins:
            on = join.args.get("on")
            if on is None or on.find(Call) is None or join.side or join.method or join.kind not in {"", "INNER"}:
                continue
            parts = conditions.conjuncts(on)
            kept = [part for part in parts if part.find(Call) is None]
            moved = [part for part in parts if part.find(Call) is not None]
            join.set("on", exp.and_(*kept, copy=False) if kept else exp.true())
            select.where(*(exp.paren(part, copy=False) for part in moved), copy=False)


def name_columns(statement: exp.Expr) -> None:
    """Give each unnamed output column with a call the name DuckDB would: the operator's for a bare call, else the text."""
    for select in statement.find_all(exp.Select):
        named = []
        for projection in select.expressions:
            if projection.find(Call) is None or isinstance(projection, exp.Alias | exp.Star | exp.PropertyEQ):
                named.append(projection)
                continue
            name = projection.name if isinstance(projection, Call) else projection.meta.get("called") or written(projection)
            named.append(exp.alias_(projection, name, quoted=True, copy=False))
        select.set("expressions", named)
