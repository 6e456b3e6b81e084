"""SEMI and ANTI joins with calls in their ON, put where stages can ask: they are conditions on the rows that they keep.

    SELECT … FROM a SEMI JOIN b ON a.k = b.k AND b.text MEANS 'c'
    SELECT … FROM a WHERE EXISTS (SELECT 1 FROM b WHERE a.k = b.k AND b.text MEANS 'c')

ANTI is NOT EXISTS. A join stays as it is under a sample, which is taken of what it leaves; in front of a RIGHT or FULL join, which add rows
that no condition has seen, and of a POSITIONAL one; and where DuckDB would pair every row with every other for the EXISTS: a call on both
tables, or another link between them than `=`.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from rvbbit.sql.call import Call
from rvbbit.sql.conditions import conjuncts

KINDS = frozenset({"SEMI", "ANTI"})

Alone = Callable[[list[exp.Expr], exp.Select], bool]


def as_conditions(statement: exp.Expr, describes: Callable[[exp.Select], bool], alone: Alone) -> None:
    """Rewrite every such join in place. `describes` tells whether the database could run a SELECT where it stands, `alone` whether values
    can be read over one by itself."""
    for select in list(statement.find_all(exp.Select)):
        joins = list(select.args.get("joins") or ())
        if select.args.get("sample") or not any(map(_is_asked, joins)) or not describes(select):
            continue  # one that means nothing must not come to mean something
        for place, join in enumerate(joins):
            if _is_asked(join) and not any(map(_counts_on_rows, joins[place + 1 :])):
                _put_below(select, join, alone)


def _is_asked(join: exp.Join) -> bool:
    on = join.args.get("on")
    return join.kind in KINDS and not join.side and not join.method and on is not None and on.find(Call) is not None


def _counts_on_rows(later: exp.Join) -> bool:
    """Whether a join after it must see what it leaves: one that adds rows, or goes by their positions."""
    return later.side in {"RIGHT", "FULL"} or "POSITIONAL" in (later.method, later.kind)


def _put_below(select: exp.Select, join: exp.Join, alone: Alone) -> None:
    condition = exp.Where(this=join.args["on"].copy())
    inner = exp.Select(expressions=[exp.convert(1)], from_=exp.From(this=join.this.copy()), where=condition)
    there: exp.Expr = exp.Exists(this=inner)
    there.parent = select  # the CTEs that it sees
    linked = [part for part in conjuncts(condition.this) if not alone(list(part.find_all(exp.Column)), inner)]
    if not linked or not all(isinstance(part, exp.EQ) and part.find(Call) is None for part in linked):
        return
    there.parent = None
    join.pop()
    select.where(there if join.kind == "SEMI" else exp.Not(this=there), copy=False)
