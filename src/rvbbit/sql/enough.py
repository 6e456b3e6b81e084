"""Of a SELECT that only asks whether there are enough rows, no more of them are asked about than that takes.

Whether a count reaches a number, whether a group has a row at all, and what IN, ANY and ALL find in a subquery does not need every row:

    SELECT (SELECT count(*) FROM t WHERE text MEANS 'red') > 3
    SELECT grp FROM t WHERE text MEANS 'red' GROUP BY grp HAVING count(*) >= 2
    SELECT id FROM u WHERE id IN (SELECT id FROM t WHERE text MEANS 'red')

Here the rows are put into a subquery of their own, which `candidates` reads once:

    SELECT c0 AS grp FROM (SELECT grp, grp FROM t WHERE text MEANS 'red') AS enough(k0, c0) GROUP BY c0 HAVING count(*) >= 2

The count of the rows found is compared, so it need only be right up to the number: with one row more than that it is on the same side.
Where anything else of the block needs the count, another aggregate, a window or DISTINCT ON, the block stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import conditions, scopes
from rvbbit.sql.candidates import can_read_once, named, own_calls
from rvbbit.sql.dialect import Call
from rvbbit.sql.limits import Names
from rvbbit.sql.rewrite import as_typed

NAME = "__rv_enough"
ROWS_OF = ("from_", "joins", "laterals", "where")
OTHERS = ("qualify", "windows", "sample", "into")
FLIPPED = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ}
MOST = 2**62
"""No table has as many rows."""
BEYOND = {exp.GT, exp.LTE, exp.EQ, exp.NEQ}
"""Comparisons that a count of the number itself does not decide for all larger ones."""


@dataclass(frozen=True, slots=True)
class Enough:
    """How many `rows` decide, in each group of the first `keys` columns. Fewer than `least` are as good as none (None: each counts)."""

    rows: exp.Expr
    least: exp.Expr | None
    keys: tuple[str, ...] = ()


def stop_counting(
    statement: exp.Expr, names: Names, grouping: Callable[[exp.Expr], bool], all_together: Callable[[Call], bool] = lambda call: False
) -> None:
    """Rewrite every such SELECT in place; one whose columns cannot be named alone (it is correlated) stays as it is.

    `grouping` tells aggregates and windows, `all_together` calls that are better asked for all rows at once.
    """
    for select in list(statement.find_all(exp.Select)):
        if _is_plain(select) and not any(map(all_together, own_calls(select, select))):
            keys, enough = _keys(select), _enough(select, grouping)
            if keys is not None and enough is not None:
                _put_apart(select, keys, enough, names)


def _is_plain(select: exp.Select) -> bool:
    """Whether its own calls stand in WHERE alone, beside nothing that needs every row."""
    distinct, where = select.args.get("distinct"), select.args.get("where")
    if where is None or any(select.args.get(clause) for clause in OTHERS) or (distinct and distinct.args.get("on")):
        return False
    own = own_calls(select, select)
    if not own or {scopes.clause_of(call, select) for call in own} != {"where"} or scopes.in_recursive_cte(select):
        return False
    outer = _without_counts(select)
    return not any(part.find(exp.Select, exp.Star, exp.Lambda, exp.Comprehension) or scopes.is_volatile(part) for part in outer)


def _outer(select: exp.Select) -> list[exp.Expr]:
    """What a block makes of its rows."""
    return [*select.expressions, *(select.args[clause] for clause in ("group", "having", "order") if select.args.get(clause))]


def _keys(select: exp.Select) -> list[exp.Expr] | None:
    """What tells the groups of a block apart: none where all rows are one, None where nobody can say."""
    group, outputs = select.args.get("group"), [projection.unalias() for projection in select.expressions]
    if group is None:
        return [] if any(_counts(output) for output in outputs) or select.args.get("having") else outputs
    if any(value for arg, value in group.args.items() if arg not in {"expressions", "all"}):
        return None
    if group.args.get("all"):
        return [output for output in outputs if not _counts(output)]
    aliases = {p.alias.lower(): p.this for p in select.expressions if isinstance(p, exp.Alias)}
    keys: list[exp.Expr] = []
    for key in group.expressions:
        if isinstance(key, exp.Literal):
            if not key.is_int or not 0 < int(key.name) <= len(outputs):
                return None
            key = outputs[int(key.name) - 1]
        elif isinstance(key, exp.Column) and not key.table:
            key = aliases.get(key.name.lower(), key)
        keys.append(key)
    return None if any(_counts(key) for key in keys) else keys


def _enough(select: exp.Select, grouping: Callable[[exp.Expr], bool]) -> Enough | None:
    """How many rows decide; None where nothing does but all of them."""
    counts = [count for part in _outer(select) for count in _counts(part)]
    grouped = select.args.get("group") is not None
    if any(grouping(part) for part in _without_counts(select)) or not all(map(_counts_rows, counts)):
        return None
    if not counts:
        one = exp.convert(1)
        whole = not grouped and (select.args.get("having") is not None or not (select.args.get("distinct") or _is_sought_in(select)))
        return None if whole else Enough(one, one.copy())
    if not grouped and (select.args.get("order") or select.args.get("distinct")):
        return None
    compared = [_compared(_value_of(select) if not grouped and _is_value(select) else count) for count in counts]
    if any(one is None for one in compared):
        return None
    found = [one for one in compared if one is not None]
    rows = found[0].rows() if len(found) == 1 else exp.Anonymous(this="greatest", expressions=[one.rows() for one in found])
    if not grouped:
        return Enough(rows, found[0].least() if len(found) == 1 else None)
    having = select.args.get("having")
    rejecting = [_compared(count) for part in (conditions.conjuncts(having.this) if having else []) for count in _operands(part)]
    return Enough(_at_least_one(rows), next((one.least() for one in rejecting if one is not None and one.rejects_few), None))


def _is_count(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in {"count", "count_star"}


def _counts(tree: exp.Expr) -> list[exp.Expr]:
    return [node for node in tree.walk() if _is_count(node)]


def _without_counts(select: exp.Select) -> list[exp.Expr]:
    return [part.copy().transform(lambda node: exp.null() if _is_count(node) else node) for part in _outer(select)]


def _counts_rows(count: exp.Expr) -> bool:
    """Whether it is `count(*)` or what means the same."""
    whole = all(isinstance(what, exp.Star | exp.Literal) for what in count.expressions)
    return whole and not isinstance(count.parent, exp.Filter | exp.Window)


def _operands(condition: exp.Expr) -> Iterator[exp.Expr]:
    """The counts that a comparison is of."""
    yield from (side.unnest() for side in condition.iter_expressions() if _is_count(side.unnest()))


def _is_value(select: exp.Select) -> bool:
    """Whether a block is a subquery for one count."""
    one = select.expressions[0].unalias() if len(select.expressions) == 1 else None
    return one is not None and _is_count(one) and isinstance(select.parent, exp.Subquery) and not select.args.get("having")


def _value_of(select: exp.Select) -> exp.Expr:
    assert select.parent is not None
    return select.parent


def _is_sought_in(select: exp.Select) -> bool:
    """Whether a block is what IN, ANY or ALL look in: how often it has a row is all the same."""
    node: exp.Expr = select
    while isinstance(node.parent, exp.Subquery | exp.Paren) and not node.parent.args.get("alias"):
        node = node.parent
    if select.args.get("order") or select.args.get("limit") or select.args.get("offset"):
        return False
    return isinstance(node.parent, exp.Any | exp.All) or (isinstance(node.parent, exp.In) and node.arg_key == "query")


@dataclass(frozen=True, slots=True)
class _Compared:
    """A count on the left of a comparison with a number: `low` and, of BETWEEN, `high`."""

    kind: type[exp.Expr]
    low: exp.Expr
    high: exp.Expr

    @property
    def rejects_few(self) -> bool:
        return self.kind in {exp.GT, exp.GTE, exp.EQ, exp.Between}

    def rows(self) -> exp.Expr:
        """So many rows, or more, are on one side. A text is rounded when DuckDB compares it, a number with decimals is not."""
        beyond = self.kind in BEYOND or self.kind is exp.Between
        return _number(self.high, "round" if beyond else "ceil", plus=int(beyond))

    def least(self) -> exp.Expr:
        """Fewer rows are on the side on which none are."""
        return _number(self.low, "floor", plus=int(self.kind in {exp.GT, exp.LTE}))


def _compared(count: exp.Expr) -> _Compared | None:
    while isinstance(count.parent, exp.Paren):
        count = count.parent
    comparison = count.parent
    if isinstance(comparison, exp.Between) and count.arg_key == "this":
        low, high = comparison.args["low"], comparison.args["high"]
        return _Compared(exp.Between, low, high) if _is_constant(low) and _is_constant(high) else None
    kind = type(comparison)
    if kind not in FLIPPED:
        return None
    assert comparison is not None
    other = comparison.expression if count.arg_key == "this" else comparison.this
    return _Compared(kind if count.arg_key == "this" else FLIPPED[kind], other, other) if _is_constant(other) else None


def _is_constant(tree: exp.Expr) -> bool:
    tree = tree.unnest()
    return isinstance(tree, exp.Parameter | exp.Literal) or (isinstance(tree, exp.Neg) and tree.this.is_int)


def _number(tree: exp.Expr, rounding: str, *, plus: int) -> exp.Expr:
    tree = tree.unnest()
    if tree.is_int:
        return exp.convert(max(-MOST, min(int(tree.to_py()), MOST)) + plus)
    number = exp.Anonymous(this=rounding, expressions=[exp.TryCast(this=tree.copy(), to=exp.DataType.build("DOUBLE"))])
    whole: exp.Expr = exp.TryCast(this=number, to=exp.DataType.build("BIGINT"))
    found = exp.Add(this=whole, expression=exp.convert(plus)) if plus else whole
    found.meta["shown"] = as_typed(tree) + f" + {plus}" * bool(plus)
    return found


def _at_least_one(rows: exp.Expr) -> exp.Expr:
    """A group is there where it has a row."""
    if rows.is_int:
        return exp.convert(max(1, int(rows.to_py())))
    return exp.Anonymous(this="greatest", expressions=[rows, exp.convert(1)])


def _put_apart(select: exp.Select, keys: list[exp.Expr], enough: Enough, names: Names) -> None:
    """Put the rows of a block into a subquery, the keys first, then the columns that the rest of the block reads."""
    aliases = {p.alias.lower() for p in select.expressions if isinstance(p, exp.Alias)}
    inner = exp.Select(**{clause: select.args[clause].copy() for clause in ("from_", "where")})
    for clause in ("joins", "laterals"):
        inner.set(clause, [one.copy() for one in select.args.get(clause) or ()])
    try:
        real = {name.lower() for name in names(_showing(inner, [exp.Star()]), select)}
        columns = [c for part in _outer(select) for c in part.find_all(exp.Column) if c.table or c.name.lower() in real]
        names(_showing(inner, [*keys, *columns] or [exp.true()]), select)
        labels = named(names, select, select.expressions)
    except SQLError:
        return
    loose = {c.name.lower() for part in _outer(select) for c in part.find_all(exp.Column) if not c.table}
    if loose & aliases & real - _as_they_are(select) or len(labels) != len(select.expressions):
        return
    known = _known_as(columns, select)
    if known is None:
        return
    inner.set("expressions", [key.copy() for key in keys])
    if not can_read_once(inner, lambda _: False):
        return
    asked = {known(c) for part in conditions.conjuncts(inner.args["where"].this) if part.find(Call) for c in part.find_all(exp.Column)}
    if keys and asked <= {known(key) for key in keys if isinstance(key, exp.Column)}:
        return  # a group is one question
    texts = tuple(as_typed(key) for key in keys)
    read: dict[tuple[str, str], exp.Expr] = {}
    for column in columns:
        read.setdefault(known(column), column.copy())
        column.replace(exp.column(f"c{list(read).index(known(column))}", table=NAME))
    for clause in ROWS_OF:
        inner.set(clause, select.args.get(clause))
        select.set(clause, None)
    inner.set("expressions", [*inner.expressions, *read.values()] or [exp.true()])
    inner.meta["enough"] = Enough(enough.rows, enough.least, texts)
    names_ = [*(f"k{i}" for i in range(len(keys))), *(f"c{i}" for i in range(len(read)))] or ["c0"]
    alias = exp.TableAlias(this=exp.to_identifier(NAME), columns=[exp.to_identifier(name) for name in names_])
    select.set("from_", exp.From(this=exp.Subquery(this=inner, alias=alias)))
    outputs = zip(select.expressions, labels, strict=True)
    select.set("expressions", [one if isinstance(one, exp.Alias) else exp.alias_(one, label, quoted=True) for one, label in outputs])


def _known_as(columns: Sequence[exp.Column], select: exp.Select) -> Callable[[exp.Column], tuple[str, str]] | None:
    """The table and name of a column, however it is written: `GRP` and `t.grp` of one table are the same.

    None where a name stands with a table and without, and there are several tables it may be of.
    """
    source = select.args.get("from_")
    several = source is None or select.args.get("joins") or select.args.get("laterals")
    alone = None if several or source is None else source.this.alias_or_name.lower()
    tables: dict[str, set[str]] = {}
    for column in columns:
        tables.setdefault(column.name.lower(), set()).add(column.table.lower())
    if alone is None and any("" in found and len(found) > 1 for found in tables.values()):
        return None
    return lambda column: ("" if column.table.lower() == alone else column.table.lower(), column.name.lower())


def _showing(rows: exp.Select, columns: Sequence[exp.Expr]) -> exp.Select:
    """Some rows, with other columns."""
    copied = rows.copy()
    copied.set("expressions", [column.copy() for column in columns])
    return copied


def _as_they_are(select: exp.Select) -> set[str]:
    """Aliases that are the names of the columns they stand for."""
    return {p.alias.lower() for p in select.expressions if isinstance(p, exp.Alias) and p.this.name.lower() == p.alias.lower()}
