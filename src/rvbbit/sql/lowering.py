"""A plan → the SQL that carries it out.

The statement keeps its shape. Each call becomes a *lookup*, a scalar subquery on the table of its answers, which DuckDB plans as one
hash join; so `SELECT *`, aliases, windows and everything else mean what they meant. Before that, each ask has a *stage*: a query for
the distinct arguments of just those rows that the nodes below it keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.sql import sameness, scopes
from rvbbit.sql.conditions import conjuncts
from rvbbit.sql.dialect import Call, Dialect
from rvbbit.sql.plan import (
    Ask,
    Block,
    Filter,
    Limit,
    Node,
    Plan,
    Project,
    Reorder,
    Scan,
    SemanticFilter,
    SemanticMap,
    Snapshot,
    TopK,
    chain,
)
from rvbbit.sql.reading import beside, over, with_ctes
from rvbbit.sql.search import Search
from rvbbit.sql.sides import Pairing, Sides
from rvbbit.sql.sift import Rank, Sift, Sifting, Stop, Writer, grouped, stopped

WRITER = Dialect()
KEY = "__rv_k"
VALUE = "__rv_value"
ROW = "__rv_row"
"""The key of the row that a text to embed is read from."""
READY = frozenset({"VARCHAR", "BOOLEAN", "DOUBLE", "BIGINT", "INTEGER", "VARCHAR[]", "FLOAT[]"})
"""Types in which answers are handed to DuckDB as they are; all others go as JSON text and are cast."""
TRUE_, UNKNOWN = 1, 2
"""How the answers of a stage with a pairing are kept, those that are FALSE left out."""
INEXACT = ("HUGEINT", "UHUGEINT", "BIGNUM", "BIT", "INTERVAL", "TIME WITH TIME ZONE")
"""Types whose values do not come back from Arrow as they went in."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Read a part of FROM once, into the temporary table `name`."""

    name: str
    query: exp.Expr


@dataclass(frozen=True, slots=True)
class Stage:
    """Ask for the distinct rows of `rows` (one column `__rv_k<i>` a varying argument) and keep the answers as relation `name`.

    `rows` has a column `__rv_row` too where a text to embed has an origin.
    `constants` is a one-row query of the arguments that do not vary, None if all do. Where none varies, `rows` only says whether any
    row needs the answer. `counted` is the number of rows that do, for EXPLAIN. With a `pairing`, the answers that are not FALSE are enough.
    """

    name: str
    ask: Ask
    rows: exp.Expr
    constants: exp.Expr | None
    counted: exp.Expr
    pairing: Pairing | None = None


@dataclass(frozen=True, slots=True)
class Find:
    """Search, and keep what was found as relation `search.name`."""

    search: Search

    @property
    def name(self) -> str:
        """The relation."""
        return self.search.name


@dataclass(frozen=True, slots=True)
class Final:
    """The statement itself, answers in place."""

    query: exp.Expr


Step = Find | Keep | Stage | Sift | Rank | Final


def written(tree: exp.Expr) -> str:
    """An expression as a person would write it."""
    return WRITER.write(tree)


def parameters(query: exp.Expr) -> set[str]:
    """The names of the `$name` parameters a query uses."""
    return {node.name for node in query.find_all(exp.Parameter)}


def steps(plan: Plan, prefix: str) -> Iterator[Step]:
    """What to do, in order. `prefix` keeps the names of one query's tables apart from another's."""
    lowering = _Lowering(plan, prefix)
    yield from map(Find, plan.searches)
    for root in plan.blocks:
        yield from lowering.block(root)
    yield Final(lowering.replaced(plan.statement))


def functions(plan: Plan) -> dict[int, Ask]:
    """The ask whose function answers each fallback call: one for each operator with its argument types and hints."""
    first: dict[object, Ask] = {}
    return {id_: first.setdefault((ask.operator.name, ask.types, ask.hints), ask) for ask in plan.fallback for id_ in ask.covers}


def function_name(prefix: str, ask: Ask) -> str:
    """What the fallback function of an ask is called."""
    return f"{prefix}_call_{ask.id}"


class _Lowering:
    def __init__(self, plan: Plan, prefix: str) -> None:
        self.prefix = prefix
        staged = {id_: ask for ask in plan.asks() for id_ in ask.covers}
        self.asks = staged
        self.fallback = functions(plan)

    def block(self, root: Node) -> Iterator[Step]:
        below: list[exp.Expr] = []
        nodes = chain(root)
        assert isinstance(nodes[0], Scan)
        block = nodes[0].block
        limit = next((node for node in nodes if isinstance(node, Limit)), None)
        top = next((node for node in nodes if isinstance(node, TopK)), limit)
        sifted = [node for node in nodes if isinstance(node, SemanticFilter)] if any(isinstance(n, Limit | Reorder) for n in nodes) else []
        for node in nodes:
            match node:
                case Scan():
                    for snapshot in block.snapshots:
                        yield self.keep(snapshot, block.tree, all_=top is not None and top.snapshot == snapshot.id)
                case SemanticFilter() if node in sifted:
                    if node is sifted[-1]:
                        yield self.sift(sifted, limit, block.tree, below)
                        below += [one.predicate for one in sifted]
                case Filter(_, predicate):
                    below.append(predicate)
                case SemanticFilter(_, predicate, asks, repeatable):
                    yield from (self.stage(ask, block, below) for ask in asks)
                    below += [predicate] if repeatable else []
                case SemanticMap(_, asks):
                    yield from (self.stage(ask, block, below) for ask in asks)
                case TopK():
                    yield self.rank(node, block.tree)
                case Reorder() | Limit() | Project():
                    pass

    def keep(self, snapshot: Snapshot, tree: exp.Expr, *, all_: bool) -> Keep:
        """`all_`: these are candidates, of which a Sift keeps some under the snapshot's own name."""
        body = (snapshot.source.this if isinstance(snapshot.source, exp.Subquery) else snapshot.source).copy()
        body.meta.pop("snapshot", None)
        select = exp.select("*").from_(exp.Subquery(this=self.replaced(body)), copy=False)
        name = self.snapshot_name(snapshot.id)
        return Keep(f"{name}_all" if all_ else name, with_ctes(select, tree, self.replaced, until=snapshot.source))

    def snapshot_name(self, id_: int) -> str:
        return f"{self.prefix}_kept_{id_}"

    def sift(self, filters: Sequence[SemanticFilter], limit: Limit | None, tree: exp.Expr, below: Sequence[exp.Expr]) -> Sift:
        """The filters of a block together: a profile is a distinct tuple of what they read."""
        name = f"{self.prefix}_profiles_{filters[0].asks[0].id}"
        writer = Writer(self.answers_name, _key, lambda ask: self.constants(ask, tree), self.replaced, written)
        sifting = Sifting(filters, writer, name)
        condition = sifting.condition()
        columns = sifting.columns or {"": exp.true()}
        selected: list[exp.Expr] = [exp.alias_(column.copy(), f"s{i}") for i, column in enumerate(columns.values())]
        many = any(ask.hints.rounds == "many" for node in filters for ask in node.asks)
        if limit is None:
            inner = over(tree, selected, [self.replaced(one) for one in below], self.replaced)
            query = grouped(inner, len(columns), exp.func("hash", *(exp.column(f"s{i}") for i in range(len(columns)))))
            return Sift(name, query, sifting.batch, condition, None, many)
        profiles, stop = self.stopped(limit, tree, name, columns, ordered=limit.ordered)
        return Sift(name, profiles, sifting.batch, condition, stop, many)

    def rank(self, top: TopK, tree: exp.Expr) -> Rank:
        """The candidates with the highest answers: a profile is a distinct tuple of what the call reads."""
        name = f"{self.prefix}_profiles_{top.ask.id}"
        sifting = Sifting((), Writer(self.answers_name, _key, lambda ask: self.constants(ask, tree), self.replaced, written), name)
        question, values, given = sifting.ranked(top.ask, top.ask.call)
        query, stop = self.stopped(top, tree, name, sifting.columns or {"": exp.true()}, ordered=True)
        return Rank(name, query, sifting.batch, question, values, given, stop)

    def stopped(
        self, limit: Limit | TopK, tree: exp.Expr, name: str, columns: dict[str, exp.Expr], *, ordered: bool
    ) -> tuple[exp.Expr, Stop]:
        """The profiles of a block's candidates, and how those that stay become its rows."""
        kept = self.snapshot_name(limit.snapshot)
        candidates = exp.to_table(f"{kept}_all")
        candidates.set("alias", tree.args["from_"].this.args["alias"].copy())
        selected: list[exp.Expr] = [exp.alias_(column.copy(), f"s{i}") for i, column in enumerate(columns.values())]
        selected.append(exp.alias_(exp.column("rowid", table=candidates.alias), "r"))
        query = grouped(exp.Select(expressions=selected).from_(candidates, copy=False), len(columns), exp.func("min", exp.column("r")))
        return query, stopped(limit, candidates, (kept, name, f"{name}_chosen"), columns, ordered=ordered)

    def constants(self, ask: Ask, tree: exp.Expr) -> exp.Expr | None:
        """The one-row query of the arguments that do not vary; None where all do."""
        arguments = ((i, self.replaced(argument)) for i, argument in enumerate(ask.call.arguments) if i not in ask.varying)
        fixed = [exp.alias_(_key(ask, i, argument), f"{KEY}{i}", copy=False) for i, argument in arguments]
        return with_ctes(exp.select(*fixed), tree, self.replaced) if fixed else None

    def answers_name(self, ask: Ask) -> str:
        return f"{self.prefix}_answers_{ask.id}"

    def stage(self, ask: Ask, block: Block, below: Sequence[exp.Expr]) -> Stage:
        tree = block.tree
        arguments = [self.replaced(argument) for argument in ask.call.arguments]
        keys = [exp.alias_(_key(ask, i, arguments[i]), f"{KEY}{i}", copy=False) for i in ask.varying]
        keys += [exp.alias_(ask.origin.row_text(), ROW, copy=False)] if ask.origin else []
        conditions = [*below, *ask.guards]
        name = self.answers_name(ask)
        columns = keys or [exp.alias_(exp.true(), f"{KEY}0")]
        inner = beside(tree, columns, conditions, self.replaced, around=block.around, reach=ask.reach, groups=ask.groups)
        names = {f"{KEY}{i}": ask.types[i] for i in ask.varying}
        rows, counted = _distinct(inner, names, [ROW] if ask.origin else [])
        pairing = None if ask.sides is None else self.pairing(name, ask, ask.sides, tree, tuple(conditions))
        return Stage(name, ask, rows, self.constants(ask, tree), counted, pairing)

    def pairing(self, name: str, ask: Ask, sides: Sides, tree: exp.Expr, predicates: Sequence[exp.Expr]) -> Pairing:
        joins = tree.args.get("joins") or ()
        inner = [join for join in joins if not join.side and not join.method and join.kind in {"", "INNER", "CROSS"}]
        conditions = [*predicates, *(part for join in inner if join.args.get("on") for part in conjuncts(join.args["on"]))]
        owned = [(condition, sides.owner(condition)) for condition in conditions]
        linked = not sides.alone or len(inner) < len(joins) or any(join.args.get("using") for join in joins)
        linked = linked or any(owner not in {sides.left, sides.right} for _, owner in owned)
        items = {item.alias_or_name.lower(): item for item in scopes.sources(tree)}
        values: list[exp.Expr] = []
        for place, side in enumerate((sides.left, sides.right)):
            key = exp.alias_(_key(ask, place, self.replaced(ask.call.arguments[place])), f"{KEY}{place}", copy=False)
            select = exp.Select(expressions=[key], from_=exp.From(this=self.replaced(items[side])))
            for condition in (condition for condition, owner in owned if owner == side):
                select = select.where(exp.paren(self.replaced(condition), copy=False), copy=False)
            values.append(_distinct(with_ctes(select, tree, self.replaced), {f"{KEY}{place}": ask.types[place]})[0])
        return Pairing(values[0], values[1], linked, self.among(f"{name}_near", ask, tree, predicates), f"{name}_near")

    def among(self, near: str, ask: Ask, tree: exp.Expr, predicates: Sequence[exp.Expr]) -> exp.Expr:
        """The distinct rows of a stage that are in a relation, too."""
        arguments = [_key(ask, i, self.replaced(argument)) for i, argument in enumerate(ask.call.arguments)]
        keys: list[exp.Expr] = [exp.alias_(argument, f"{KEY}{i}") for i, argument in enumerate(arguments)]
        met = [exp.EQ(this=exp.column(f"{KEY}{i}", table=near), expression=exp.paren(a)) for i, a in enumerate(arguments)]
        query = over(tree, keys, [*(self.replaced(predicate) for predicate in predicates), *met], self.replaced)
        query.append("joins", exp.Join(this=exp.to_table(near)))
        return _distinct(query, {f"{KEY}{i}": ask.types[i] for i in (0, 1)})[0]

    def replaced(self, tree: exp.Expr) -> exp.Expr:
        """A copy with calls answered and kept tables in place."""
        return replace_calls(tree, self.answered, self.snapshot_name)

    def answered(self, call: Call) -> exp.Expr:
        ask = self.asks.get(call.meta["id"])
        if ask is None:
            return self.function(self.fallback[call.meta["id"]], call)
        return lookup(ask, call, exp.alias_(exp.to_table(self.answers_name(ask)), "__rv_a", table=True), keyed=True)

    def function(self, ask: Ask, call: Call) -> exp.Expr:
        arguments = [
            exp.cast(argument.copy(), "VARCHAR" if type_ in {"ANY", "JSON"} else type_, dialect="duckdb")
            for argument, type_ in zip(call.expressions, ask.types, strict=True)
        ]
        answer = exp.Anonymous(this=function_name(self.prefix, ask), expressions=arguments)
        if ask.operator.returns.upper() in READY:
            return answer
        return exp.cast(exp.cast(answer, "JSON", dialect="duckdb"), ask.operator.returns, dialect="duckdb")


def lookup(ask: Ask, call: Call, relation: exp.Expr, *, keyed: bool = False) -> exp.Expr:
    """A scalar subquery for a call's answer in a relation called `__rv_a`, with the arguments' own columns in it if `keyed`."""
    found = exp.select(exp.column(VALUE, table="__rv_a")).from_(relation, copy=False)
    for i in ask.varying:
        argument = _key(ask, i, exp.paren(call.expressions[i].copy(), copy=False))
        key = exp.column(f"{KEY}{i}", table="__rv_a") if keyed else argument.copy()
        found = found.where(sameness.same(key, argument, ask.types[i]), copy=False)
    return exp.Subquery(this=found) if ask.sides is None else _unless_near(exp.Subquery(this=found), call.expressions)


def _unless_near(found: exp.Expr, arguments: Sequence[exp.Expr]) -> exp.Expr:
    """The answer of a pair of which only some were asked about: found as `TRUE_` or `UNKNOWN`, else FALSE where there are arguments."""
    there = exp.and_(*(exp.Not(this=exp.Is(this=exp.paren(a.copy()), expression=exp.null())) for a in arguments), copy=False)
    null = exp.cast(exp.null(), "BOOLEAN", dialect="duckdb")
    false = exp.Case(ifs=[exp.If(this=there, true=exp.false())], default=null)
    code = exp.Coalesce(this=found, expressions=[exp.Literal.number(0)])
    return exp.Case(
        this=code,
        ifs=[exp.If(this=exp.Literal.number(TRUE_), true=exp.true()), exp.If(this=exp.Literal.number(0), true=false)],
        default=null.copy(),
    )


def _key(ask: Ask, place: int, argument: exp.Expr) -> exp.Expr:
    """An argument as it is kept beside its answer: as it is, unless Arrow would make less of it or a collation would compare it."""
    if not ask.types[place].startswith(INEXACT):
        return sameness.exactly(argument, ask.types[place])
    declared = ask.operator.parameters[place].type
    return exp.cast(argument, "VARCHAR" if declared.upper() in {"ANY", "JSON"} else declared, dialect="duckdb")


def replace_calls(tree: exp.Expr, answered: Callable[[Call], exp.Expr], kept: Callable[[int], str] | None = None) -> exp.Expr:
    """A copy of a tree with each call replaced, inner ones first, and each snapshot read from its table."""
    holder = exp.Paren(this=tree.copy())
    for node in [node for node in holder.walk() if kept and "stopped" in node.meta]:
        node.set("limit", None)
        node.set("offset", None)
    for node in [node for node in holder.walk() if kept and "snapshot" in node.meta]:
        assert kept is not None
        table = exp.to_table(kept(node.meta["snapshot"]))
        if isinstance(node, exp.Subquery):
            table.set("alias", node.args.get("alias"))
            node.replace(table)
        else:
            node.replace(exp.select("*").from_(table))
    for call in scopes.calls_in(holder):
        call.replace(answered(call))
    replaced = holder.this
    assert isinstance(replaced, exp.Expr)
    return replaced.pop()


def _distinct(inner: exp.Select, names: Mapping[str, str], beside: Sequence[str] = ()) -> tuple[exp.Select, exp.Select]:
    """The distinct rows of a query without nulls (of one without names: whether it has any), and how many rows it has. Names have types."""
    with_ = inner.args.pop("with_", None)
    reached = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("__rv_rows")))
    counted = exp.select(exp.alias_(exp.Count(this=exp.Star()), KEY)).from_(reached.copy(), copy=False)
    columns = [exp.column(name) for name in (*names, *beside)]
    found = sameness.distinct(exp.select(*columns), columns, names.values()) if names else exp.select("1").limit(1)
    rows = found.from_(reached, copy=False)
    for name in names:
        rows = rows.where(exp.Not(this=exp.Is(this=exp.column(name), expression=exp.null())), copy=False)
    if with_ is not None:
        rows.set("with_", with_)
        counted.set("with_", with_.copy())
    return rows, counted


def at_most(counted: exp.Expr, most: int) -> exp.Expr:
    """A stage's `counted` that stops counting at so many rows."""
    stopping = counted.copy()
    stopping.args["from_"].this.this.set("limit", exp.Limit(expression=exp.Literal.number(most)))
    return stopping
