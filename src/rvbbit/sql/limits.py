"""`SELECT CLASSIFY(text, 'a,b') … ORDER BY id LIMIT 10` asks about ten rows, not about all of them.

Where calls stand only in the output of a SELECT with a LIMIT, the rows are cut first and the calls made over what is left:

    SELECT id, CLASSIFY(text, 'a,b') AS c FROM t ORDER BY id LIMIT 10
    SELECT c0 AS id, CLASSIFY(c1, 'a,b') AS c FROM (SELECT id, text FROM t ORDER BY id LIMIT 10) AS cut(c0, c1) ORDER BY cut.rowid

The inner part is then read once and kept, since ties and threads may choose its rows differently the next time. Where a text to embed is a
column of a table, the row's key is read with it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import scopes
from rvbbit.sql.dialect import Call
from rvbbit.sql.origins import Origin

NAME = "__rv_cut"
ROWS = "__rv_read"
"""The rows of a SELECT that stops asking; see candidates."""
BEFORE = ("from_", "joins", "laterals", "where", "qualify", "windows", "order", "limit", "offset", "sample", "with_")


Names = Callable[[exp.Select, exp.Select], list[str]]
"""The column names of a query that stands where a block does. Raises SQLError."""
OriginOf = Callable[[Call, exp.Select], Origin | None]


def cut_first(statement: exp.Expr, names: Names, grouping: Callable[[exp.Expr], bool], origin_of: OriginOf) -> None:
    """Rewrite every such SELECT in place; one whose columns cannot be named alone (it is correlated) stays as it is.

    `grouping` tells aggregates and windows, `origin_of` the table of a text to embed; it is left in the call's `meta["origin"]`.
    """
    for select in list(statement.find_all(exp.Select)):
        if not _can_cut(select, grouping):
            continue
        kept = [projection for projection in select.expressions if projection.find(Call) is None]
        try:
            labels = [names(_only(select, projection), select) for projection in kept]
            for column in (c for p in select.expressions if p.find(Call) for c in p.find_all(exp.Column)):
                names(_only(select, column), select)
        except SQLError:
            continue
        _cut(select, labels, origin_of)


def is_cut(block: exp.Expr) -> bool:
    """Whether a block is what became of such a SELECT, or of one that stops asking; its ORDER BY needs the rows kept."""
    from_ = block.args.get("from_")
    return isinstance(block, exp.Select) and from_ is not None and from_.this.alias in {NAME, ROWS}


def _can_cut(select: exp.Select, grouping: Callable[[exp.Expr], bool]) -> bool:
    if not (select.args.get("limit") or select.args.get("offset")) or select.args.get("from_") is None:
        return False
    if any(select.args.get(clause) for clause in ("distinct", "group", "having", "sample", "into")):
        return False
    own = [call for call in scopes.calls_in(select) if scopes.block_of(call) is select]
    asked = [projection for projection in select.expressions if projection.find(Call)]
    if not own or any(scopes.clause_of(call, select) != "expressions" for call in own):
        return False
    if any(grouping(projection) or projection.find(exp.Select, exp.Star, exp.Lambda) for projection in asked):
        return False
    named = {projection.alias.lower() for projection in asked}
    order = select.args.get("order")
    if order and any(isinstance(key.this, exp.Var | exp.Star) for key in order.expressions):
        return False  # by all columns, those with calls too
    if any(_renumbered(place, select) is None for place in _places(select)):
        return False
    return not (order and any(column.name.lower() in named for column in order.find_all(exp.Column))) and not (
        any(grouping(projection) and not projection.find(exp.Window) for projection in select.expressions)
    )


def _places(select: exp.Select) -> list[exp.Literal]:
    """The keys of ORDER BY that are numbers of columns."""
    order = select.args.get("order")
    keys = [] if order is None else [key.this if isinstance(key, exp.Ordered) else key for key in order.expressions]
    return [key for key in keys if isinstance(key, exp.Literal) and key.is_int]


def _renumbered(place: exp.Literal, select: exp.Select) -> int | None:
    """The number of a column once those with calls are gone; None where it is one of them or behind a star, whose columns nobody counts."""
    number = int(place.name)
    asked = [projection.find(Call) is not None for projection in select.expressions]
    if not any(asked[:number]):
        return number
    if number > len(asked) or asked[number - 1] or any(map(_gives_several, select.expressions[:number])):
        return None
    return number - sum(asked[:number])


def _gives_several(projection: exp.Expr) -> bool:
    """Whether a projection may give more columns than one."""
    return projection.find(exp.Star) is not None or scopes.makes_several(projection)


def _cut(select: exp.Select, labels: list[list[str]], origin_of: OriginOf) -> None:
    """`labels` are the column names of each projection without calls, several for a star."""
    origins = [(call, origin_of(call, select)) for projection in select.expressions for call in projection.find_all(Call)]
    kept = [projection for projection in select.expressions if projection.find(Call) is None]
    width = sum(len(names) for names in labels)
    extra: list[exp.Expr] = []
    outputs: list[exp.Expr] = []
    for projection in select.expressions:
        if projection.find(Call) is not None:
            for column in list(projection.find_all(exp.Column)):
                extra.append(column.copy())
                column.replace(_place(width + len(extra) - 1))
            outputs.append(projection)
        else:
            place = len(outputs) - sum(output.find(Call) is not None for output in outputs)
            names = labels.pop(0)
            outputs.extend(exp.alias_(_place(place + i), name, quoted=True) for i, name in enumerate(names))
    for call, origin in origins:
        if origin is not None:
            extra.append(origin.table.row(origin.alias))
            call.meta["origin"] = origin.moved(f"c{width + len(extra) - 1}", NAME)
    renumbered = [(key, _renumbered(key, select)) for key in _places(select)]
    for key, number in renumbered:
        key.replace(exp.convert(number))
    inner = exp.Select(**{clause: select.args[clause] for clause in BEFORE if select.args.get(clause)})
    inner.set("expressions", [*kept, *extra] or [exp.true()])
    columns = [exp.to_identifier(f"c{i}") for i in range(max(width + len(extra), 1))]
    for clause in BEFORE:
        select.set(clause, None)
    select.set("expressions", outputs)
    select.set("from_", exp.From(this=exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(NAME), columns=columns))))
    select.set("order", exp.Order(expressions=[exp.Ordered(this=exp.column("rowid", table=NAME))]))


def _only(select: exp.Select, projection: exp.Expr) -> exp.Select:
    """The block with one projection and neither order nor limit, for describing."""
    copied = select.copy()
    copied.set("expressions", [projection.copy()])
    for clause in ("order", "limit", "offset", "qualify"):
        copied.set(clause, None)
    return copied


def _place(index: int) -> exp.Column:
    return exp.column(f"c{index}", table=NAME)
