"""What a block asks of a subquery in its FROM goes into the subquery, so that calls are made for the rows and columns that are wanted.

    SELECT id, q FROM (SELECT id, text MEANS 'red' AS q FROM t) WHERE id = 3 AND q
    SELECT id, q FROM (SELECT id, text MEANS 'red' AS q FROM t WHERE id = 3 AND text MEANS 'red')

    SELECT * FROM (SELECT id, text MEANS 'red' AS q FROM t) ORDER BY id LIMIT 3
    SELECT * FROM (SELECT id, text MEANS 'red' AS q FROM t ORDER BY id LIMIT 3) ORDER BY id

    SELECT count(*) FROM (SELECT id, text MEANS 'red' AS q FROM t)
    SELECT count(*) FROM (SELECT id, NULL AS q FROM t)

A CTE that is named once is such a subquery, too. The block around keeps its output, groups and joins, so names mean there what they meant.
Only subqueries that take each row by itself; a condition stays where it is if it may be of another type or mean something else inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import candidates, describing, scopes
from rvbbit.sql.conditions import conjuncts
from rvbbit.sql.dialect import Call
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.outputs import Output, alias_columns, body, outputs
from rvbbit.sql.rewrite import as_typed
from rvbbit.sql.schema import Schema
from rvbbit.sql.statements import Hints
from rvbbit.sql.typecheck import check_type

EACH_ROW = frozenset({"expressions", "from_", "joins", "where", "with_"})
"""Clauses of a subquery that a condition may pass."""
WHOLE = ("distinct", "group", "having", "qualify", "windows", "sample", "into", "joins", "laterals")
"""Clauses of a block between which and its subquery a LIMIT cannot move."""
CAST = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DATE", "TIMESTAMP"})
"""Types that a computed column keeps when it is written out, with a cast: a literal may take any other. Texts have collations, too."""

Copied = Callable[[exp.Expr], None]
"""Told of every copy of something with calls, before it is put anywhere."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A subquery or CTE in a block's FROM. `columns` are its outputs by their names there, in lower case."""

    item: exp.Expr
    inner: exp.Select
    columns: dict[str, Output]

    @property
    def name(self) -> str:
        return self.item.alias_or_name.lower()


def pushed(statement: exp.Expr, schema: Schema, hints: dict[int, Hints]) -> list[Call]:
    """The calls that are left when subqueries are asked for what is wanted of them; a copy of one gets a number and its hints. In place.

    Raises TypeMismatch for what is left out and could never be asked.
    """

    def copied(call: exp.Expr) -> None:
        new = max(hints) + 1
        hints[new] = hints[call.meta["id"]]
        call.meta["id"] = new

    if len(list(statement.find_all(exp.Select))) > 1:
        _push(statement, schema, copied, lambda call: hints[call.meta["id"]].all_together)
    return scopes.calls_in(statement)


def _push(statement: exp.Expr, schema: Schema, copied: Copied, together: Callable[[Call], bool]) -> None:
    """Put into every such subquery what its block asks of it, from the outside in. `together` are calls that are better asked for all rows
    at once."""
    asking = _asking(statement)
    for block in reversed(scopes.in_order(statement)):
        if not isinstance(block, exp.Select) or scopes.in_recursive_cte(block):
            continue
        for item in scopes.sources(block):
            inner = body(item, block, statement)
            source = _source(item, inner, block, schema) if inner is not None and _asks(inner, asking) else None
            if source is None:
                continue
            if not block.args.get("sample"):
                _narrow(source, block, schema, copied, any(map(together, [*block.find_all(Call), *source.inner.find_all(Call)])))
            _leave_out(source, block, schema, asking)


def _asking(statement: exp.Expr) -> set[str]:
    """The names of CTEs that hold calls, or read one that does."""
    found: set[str] = set()
    ctes = list(statement.find_all(exp.CTE))
    for _ in ctes:
        found |= {cte.alias.lower() for cte in ctes if _asks(cte.this, found)}
    return found


def _asks(tree: exp.Expr, asking: set[str]) -> bool:
    return tree.find(Call) is not None or any(table.name.lower() in asking for table in tree.find_all(exp.Table))


def _source(item: exp.Expr, inner: exp.Select, block: exp.Select, schema: Schema) -> _Source | None:
    if not _takes_each_row(inner, schema) or _pairs(inner):
        return None
    found = outputs(inner, schema)
    if found is None or not schema.describes(describing.looked_up(inner, {})):
        return None
    names = [output.name.lower() for output in found]
    for place, name in enumerate(alias_columns(item, block)):
        names[place : place + 1] = [name.lower()]
    if len(set(names)) < len(names) or len(names) != len(found):
        return None
    return _Source(item, inner, dict(zip(names, found, strict=True)))


def _pairs(tree: exp.Expr) -> bool:
    """Whether a call in it is asked in another way where other rows and columns are wanted."""
    return any(call.operator is EMBED or call.operator.pairs.blocked or call.operator.pairs.factors for call in tree.find_all(Call))


def _takes_each_row(inner: exp.Select, schema: Schema) -> bool:
    if {arg for arg, value in inner.args.items() if value} - EACH_ROW or inner.args.get("from_") is None:
        return False
    if scopes.in_recursive_cte(inner) or schema.reads_differently(inner):
        return False
    return not any(schema.has_aggregate(one) or scopes.makes_several(one) or one.find(exp.PositionalColumn) for one in inner.expressions)


def _narrow(source: _Source, block: exp.Select, schema: Schema, copied: Copied, together: bool) -> None:
    """Move the conditions that are of the source alone into it, and then a LIMIT that nothing else stands in front of."""
    joins = block.args.get("joins") or ()
    plain = all(not join.side and not join.method and join.kind in {"", "INNER", "CROSS"} and not join.args.get("using") for join in joins)
    if not plain or block.args.get("laterals"):
        return
    where = block.args.get("where")
    parts = conjuncts(where.this) if where is not None else []
    order = None if joins or together else _order(source, block, schema)
    stays = [part for part in parts if part.find(Call) or not _move(part, source, block, schema, copied=copied, together=together)]
    cheap = all(part.find(Call) for part in stays)
    if stays and cheap and not joins and _gives_rows(block, schema) and (order is not None or not _is_limited(block)):
        stays = [part for part in stays if not _move(part, source, block, schema, copied=copied, together=together)]
    if len(stays) < len(parts):
        block.set("where", exp.Where(this=exp.and_(*stays, copy=False)) if stays else None)
    if order is not None and not stays:
        if order:
            source.inner.set("order", exp.Order(expressions=order))
        for clause in ("limit", "offset"):
            source.inner.set(clause, block.args.get(clause))
            block.set(clause, None)


def _move(part: exp.Expr, source: _Source, block: exp.Select, schema: Schema, *, copied: Copied, together: bool) -> bool:
    """Whether a condition was put into the source."""
    if part.find(exp.Select, exp.Star, exp.Lambda, exp.Comprehension, exp.Window, exp.PositionalColumn) or scopes.makes_several(part):
        return False
    if schema.reads_differently(part) or schema.has_aggregate(part) or _pairs(part):
        return False
    holder = exp.Paren(this=part.copy())
    read = _put_inside(holder, source, block)
    if not read or (together and (part.find(Call) or any(output.value.find(Call) for output in read))):
        return False
    there = [holder.this, *(output.value for output in read)]
    try:
        types = [type_ for _, type_ in schema.describe(describing.values(there, source.inner))]
    except SQLError:
        return False
    if types != ["BOOLEAN", *(output.type for output in read)]:
        return False
    old = {call.meta["id"] for call in part.find_all(Call)}
    for call in [call for call in scopes.calls_in(holder) if call.meta["id"] not in old]:
        copied(call)
    holder.this.meta["shown"] = part.meta.get("shown") or as_typed(part)
    source.inner.where(holder, copy=False)
    return True


def _put_inside(holder: exp.Expr, source: _Source, block: exp.Select) -> list[Output]:
    """The outputs that the columns in a tree were, and that are written out now; none where one is not the source's, or may not be."""
    alone, read = not block.args.get("joins"), []
    for column in list(holder.find_all(exp.Column)):
        own = not column.args.get("db") and (column.table.lower() == source.name if column.table else alone)
        output = source.columns.get(column.name.lower()) if own else None
        value = None if output is None else _written_out(output)
        if output is None or value is None:
            return []
        read.append(output)
        column.replace(value)
    return read


def _written_out(output: Output) -> exp.Expr | None:
    """An output's expression for a place inside; None where its type could be another one there."""
    value = output.value
    if value.find(exp.Select, exp.Star, exp.Lambda, exp.Comprehension):
        return None
    if isinstance(value, exp.Column | Call):
        return value.copy()
    if output.type == "BOOLEAN":
        return exp.paren(value.copy(), copy=False)
    return exp.cast(exp.paren(value.copy(), copy=False), output.type, dialect="duckdb") if output.type in CAST else None


def _is_limited(block: exp.Select) -> bool:
    return bool(block.args.get("limit") or block.args.get("offset"))


def _gives_rows(block: exp.Select, schema: Schema) -> bool:
    """Whether a block gives each of its rows, to somebody who does not ask whether there are enough."""
    if any(block.args.get(clause) for clause in WHOLE) or any(map(schema.has_aggregate, block.expressions)):
        return False
    place = block.parent.parent if isinstance(block.parent, exp.Subquery) else block.parent
    return place is None or isinstance(place, exp.From | exp.Join | exp.CTE | exp.Create | exp.Insert | exp.SetOperation)


def _order(source: _Source, block: exp.Select, schema: Schema) -> list[exp.Expr] | None:
    """By what the source is to be cut in place of its block; None where it must not be."""
    if any(block.args.get(clause) for clause in WHOLE) or block.args.get("limit") is None or not candidates.stops(block):
        return None
    if any(schema.has_aggregate(one) or scopes.makes_several(one) for one in block.expressions):
        return None
    order, keys = block.args.get("order"), []
    for key in order.expressions if order is not None else ():
        value = _key(key.this, source, block, schema) if isinstance(key, exp.Ordered) else None
        if value is None:
            return None
        copy = key.copy()
        copy.set("this", value)
        keys.append(copy)
    return keys


def _key(key: exp.Expr, source: _Source, block: exp.Select, schema: Schema) -> exp.Expr | None:
    """A key of ORDER BY as it is inside: an output's name comes first there, and stands for what it names."""
    named = {p.alias.lower(): p.this for p in block.expressions if isinstance(p, exp.Alias)}
    if isinstance(key, exp.Column) and not key.table and key.name.lower() in named:
        key = named[key.name.lower()]
    elif any(not c.table and not _is_itself(named.get(c.name.lower()), c.name) for c in key.find_all(exp.Column)):
        return None
    if key.find(Call, exp.Select, exp.Star, exp.Lambda, exp.PositionalColumn) or scopes.makes_several(key):
        return None
    if schema.has_aggregate(key) or schema.reads_differently(key):
        return None
    holder = exp.Paren(this=key.copy())
    read = _put_inside(holder, source, block)
    if any(output.value.find(Call) or output.value.find(exp.Column) is None for output in read):
        return None
    inside = {output.name.lower(): output.value for output in source.columns.values()}
    if any(not c.table and not _is_itself(inside.get(c.name.lower()), c.name) for c in holder.find_all(exp.Column)):
        return None
    if not read or not schema.describes(describing.values([holder.this], source.inner)):
        return None
    moved: exp.Expr = holder.this
    return moved.pop()


def _is_itself(value: exp.Expr | None, name: str) -> bool:
    """Whether what an output's name stands for is the column that the name alone is; true where no output has it."""
    return value is None or (isinstance(value, exp.Column) and not value.table and value.name.lower() == name.lower())


def _leave_out(source: _Source, block: exp.Select, schema: Schema, asking: set[str]) -> None:
    """Put NULL in place of outputs that nothing names, where calls are spared with them."""
    inner = source.inner
    below = any(_asks(part, asking) for part in scopes.sources(inner))
    used = _names(source, block)
    if used is None:
        return
    unused = [output for name, output in source.columns.items() if name not in used and not _is_named(output, inner)]
    if not any(output.value.find(Call) or (below and not isinstance(output.value, exp.Null)) for output in unused):
        return
    _check(unused, inner, schema)
    kept: list[exp.Expr] = []
    for projection in inner.expressions:
        own = [output for output in source.columns.values() if output.projection is projection]
        gone = [output for output in own if any(output is one for one in unused)]
        if not any(output.value.find(Call) or below for output in gone):
            kept.append(projection)
            continue
        for output in own:
            left = any(output is one for one in gone)
            kept.append(exp.alias_(exp.null() if left else output.value, output.name, quoted=True))
    inner.set("expressions", kept)


def _names(source: _Source, block: exp.Select) -> set[str] | None:
    """All names that stand in a block outside the source; None where it may read columns that it does not name."""
    found: set[str] = set()
    nameless = isinstance(source.item, exp.Subquery) and not source.item.alias
    if any(join.method == "NATURAL" for join in block.args.get("joins") or ()):
        return None
    pruned = [source.inner, source.item.args.get("alias")]
    for node in block.walk(prune=lambda node: any(node is one for one in pruned)):
        if any(node is one for one in pruned):
            continue
        if isinstance(node, exp.Star) and not (isinstance(node.parent, exp.Anonymous) and node.parent.name.lower() == "count"):
            return None
        if isinstance(node, exp.PositionalColumn | exp.Pivot) or (isinstance(node, exp.Anonymous) and node.name.upper() == "COLUMNS"):
            return None
        if isinstance(node, exp.Column):
            first = node.parts[0].name.lower()
            whole = len(node.parts) == 1 and (first == source.name or (nameless and first.startswith("unnamed_subquery")))
            if whole:
                return None
        if isinstance(node, exp.Identifier) and not isinstance(node.parent, exp.Alias):
            found.add(node.name.lower())
    return found


def _is_named(output: Output, inner: exp.Select) -> bool:
    """Whether the subquery itself names an output: WHERE and later columns may."""
    name = output.name.lower()
    elsewhere = [part for part in inner.iter_expressions() if part is not output.projection]
    return any(part.name.lower() == name for tree in elsewhere for column in tree.find_all(exp.Column) for part in column.parts)


def _check(unused: Sequence[Output], inner: exp.Select, schema: Schema) -> None:
    """Refuse a call of a type that it does not take, also where nobody is asked."""
    for call in [call for output in unused for call in output.value.find_all(Call) if scopes.block_of(call) is inner]:
        try:
            described = schema.describe(describing.arguments(call, inner, None))
        except SQLError:
            continue  # it reads another column by its alias, or a lambda's variable
        for place, (_, type_) in enumerate(described):
            check_type(call, place, type_)
