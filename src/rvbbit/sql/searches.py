"""`VECTOR_SEARCH('query', 'table[.column]', k[, threshold])` and `HYBRID_SEARCH(…)` in FROM: found in a statement, and taken out of it.

Each becomes an ordinary table of what was found, so that joins, aliases and everything else mean what they meant. What the block around it
asks of the rows besides, without a model, is written out as a query of its own: only rows that pass it are searched.

    SELECT * FROM VECTOR_SEARCH('shoes', 'products.text', 10) v JOIN products p ON p.id = v.id WHERE p.price < 50
    candidates: SELECT DISTINCT v.id FROM (every row of products) v JOIN products p ON p.id = v.id WHERE p.price < 50
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import conditions, scopes
from rvbbit.sql.dialect import Call
from rvbbit.sql.lowering import WRITER, written
from rvbbit.sql.reading import over
from rvbbit.sql.search import Search

NAMES = {"VECTOR_SEARCH": False, "HYBRID_SEARCH": True}
"""Function → whether it goes by words too."""
PARAMETERS = ("query", "table[.column]", "k", "threshold")
MEASURES = ("similarity", "distance", "score")
"""Columns that are known only when it was searched."""
FOUND, EVERY = "__rv_found_", "__rv_every_"


def holds_searches(tree: exp.Expr) -> bool:
    """Whether a statement searches."""
    return any(node.name.upper() in NAMES for node in tree.find_all(exp.Anonymous))


def take_out(tree: exp.Expr, number: Callable[[], int]) -> tuple[Search, ...]:
    """Put a table in place of each search of a statement. Raises SQLError for one that is not in FROM, or whose arguments vary."""
    found = []
    for node in [node for node in tree.find_all(exp.Anonymous) if node.name.upper() in NAMES]:
        table = node.parent
        place = _placed(node)
        if not isinstance(table, exp.Table):
            raise SQLError(
                f"{node.name.upper()} gives rows: it stands in FROM",
                hint=f"SELECT * FROM {written(node)}",
                line=place[0],
                column=place[1],
            )
        found.append(_taken(node, table, place, number()))
    return tuple(found)


def _taken(node: exp.Anonymous, table: exp.Table, place: tuple[int | None, int | None], number: int) -> Search:
    name, given = node.name.upper(), tuple(node.expressions)
    if not 2 <= len(given) <= len(PARAMETERS):
        raise SQLError(
            f"{name} takes {', '.join(PARAMETERS)}, not {len(given)} arguments",
            hint=f"{name}('what to look for', 'products.description', 10)",
            line=place[0],
            column=place[1],
        )
    for argument, parameter in zip(given, PARAMETERS, strict=False):
        if argument.find(exp.Column, exp.Select, Call) is not None:
            raise SQLError(
                f"{name}: {parameter} is {written(argument)}, which may differ from row to row",
                hint="give a constant or a parameter; for one search a row, run one query a row",
                line=place[0],
                column=place[1],
            )
    block = table.find_ancestor(*scopes.BLOCKS)
    assert block is not None  # FROM belongs to one
    search = Search(f"{FOUND}{number}", f"{EVERY}{number}", NAMES[name], given, written(node), *place, block)
    table.set("this", exp.to_identifier(search.name))
    if table.args.get("alias") is None:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(name.lower())))
    table.meta["typed"] = search.typed
    return search


def _placed(node: exp.Expr) -> tuple[int | None, int | None]:
    line, column = node.meta.get("line"), node.meta.get("col")
    return line, None if column is None else column - len(node.name) + 1


def candidates(search: Search) -> exp.Select | None:
    """The ids of the rows of `every` that the block would keep, whatever their similarity; None where it keeps all, or cannot say.

    Shape: one column `id`. Conditions that need a model, or read differently each time, are left to the statement.
    """
    block = search.block
    here = [source for source in scopes.sources(block) if _is(source, search.name)]
    if len(here) != 1 or not isinstance(block, exp.Select) or (here[0].args.get("alias") and here[0].args["alias"].args.get("columns")):
        return None
    alias = here[0].alias_or_name
    where = block.args.get("where")
    outputs = {p.alias.lower() for p in block.expressions if isinstance(p, exp.Alias)} | set(MEASURES)
    predicates = [
        part
        for part in (conditions.conjuncts(where.this) if where is not None else [])
        if not part.find(Call) and not scopes.is_volatile(part) and not _names(part, outputs) and not _finds(part)
    ]
    around = [*scopes.sources(block), *(join.args["on"] for join in block.args.get("joins") or () if join.args.get("on"))]
    if len(around) == 1 and not predicates:
        return None
    if any(part.find(Call) or _names(part, set(MEASURES)) or (_finds(part) and part is not here[0]) for part in around):
        return None
    if any(part.find(Call) or _finds(part) for part in scopes.visible_ctes(block)[0]):
        return None

    def every(tree: exp.Expr) -> exp.Expr:
        holder = exp.Paren(this=tree.copy())
        for table in list(holder.find_all(exp.Table)):
            if _is(table, search.name):
                table.set("this", exp.to_identifier(search.every))
        replaced = holder.this
        assert isinstance(replaced, exp.Expr)
        return replaced.pop()

    select = over(block, [exp.column("id", table=alias)], [every(part) for part in predicates], every)
    return select.distinct(copy=False)


def with_rows(query: exp.Select, search: Search, rows: str) -> exp.Expr:
    """Candidates with the searched table's rows, as SQL, in place of the name they have."""
    copy = query.copy()
    for table in [table for table in copy.find_all(exp.Table) if _is(table, search.every)]:
        table.replace(exp.Subquery(this=WRITER.read(rows), alias=table.args.get("alias")))
    return copy


def with_types(query: exp.Expr, found: Mapping[str, tuple[Search, str]]) -> exp.Expr:
    """A copy in which the table of each search is an empty one of its columns. `found`: table → search, type of its ids."""
    holder = exp.Paren(this=query.copy())
    for table in [table for table in holder.find_all(exp.Table) if table.name in found]:
        search, type_ = found[table.name]
        types = {"id": type_, "text": "VARCHAR"}
        columns = [exp.alias_(exp.cast(exp.null(), types.get(name, "DOUBLE"), dialect="duckdb"), name) for name in search.columns]
        table.replace(exp.Subquery(this=exp.select(*columns), alias=table.args.get("alias")))
    described = holder.this
    assert isinstance(described, exp.Expr)
    return described.pop()


def _is(source: exp.Expr, name: str) -> bool:
    return isinstance(source, exp.Table) and source.name == name


def _finds(tree: exp.Expr) -> bool:
    return any(table.name.startswith(FOUND) for table in tree.find_all(exp.Table))


def _names(tree: exp.Expr, names: set[str]) -> bool:
    return any(column.name.lower() in names for column in tree.find_all(exp.Column))
