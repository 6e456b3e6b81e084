"""How several questions about one row are put a batch of rows at a time: a tree of AND and OR over what has to be asked for each part.

Rows that agree in every column that the questions read are one *profile*, asked about once; it has a number, its
place. Which profiles are a batch, and which part comes first, is the executor's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.sql import conditions, sameness, scopes
from rvbbit.sql.dialect import Call
from rvbbit.sql.plan import Ask, Limit, SemanticFilter, TopK

ROWS = "__rv_n"
"""The number of rows of a profile."""
PLACE = "__rv_place"
"""The number of a profile, from 0."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one part needs an ask for, in a batch.

    `rows`: the distinct arguments, as a Stage has them, `fresh`: those that have no answer yet; `open`: profiles that lack one.
    """

    name: str
    ask: Ask
    rows: exp.Expr
    fresh: exp.Expr
    open: exp.Expr
    constants: exp.Expr | None


@dataclass(frozen=True, slots=True)
class Part:
    """A condition that is not taken apart: `passing` are the profiles of a batch for which it is true."""

    text: str
    questions: tuple[Question, ...]
    passing: exp.Expr


@dataclass(frozen=True, slots=True)
class Junction:
    """Parts of which all must be true, or `any` of them."""

    any: bool
    parts: tuple[Part | Junction, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Where asking ends: `bounds` is one row of LIMIT and OFFSET; `rows` gives the profile and the rowid of each candidate, in order.

    `kept` is the query for the candidates whose rowids are in `chosen`: the rows that the statement goes on with, as table `name`.
    Where some are enough `in_groups`, `rows` gives the number of each one's group too, and `bounds` the least that is worth finding.
    """

    name: str
    bounds: exp.Expr
    rows: exp.Expr
    kept: exp.Expr
    chosen: str
    ordered: bool
    in_groups: bool = False


@dataclass(frozen=True, slots=True)
class Sift:
    """Find out for which profiles a condition is true, asking no more than that takes. `batch` names the relation of a batch's places.

    `name` is the table of profiles, which `profiles` fills. Without `stop` every profile is found out.
    """

    name: str
    profiles: exp.Expr
    batch: str
    condition: Part | Junction
    stop: Stop | None
    many_rounds: bool

    def questions(self) -> Iterator[Question]:
        """All questions, an ask that several parts need as often as they do."""
        for part in parts(self.condition):
            yield from part.questions


@dataclass(frozen=True, slots=True)
class Rank:
    """Find the candidates with the highest answers to one question. `values` gives the places of a batch with their answers; `given` the
    places with their arguments, for those that have all. The other names are as in a Sift."""

    name: str
    profiles: exp.Expr
    batch: str
    question: Question
    values: exp.Expr
    given: exp.Expr
    stop: Stop

    def questions(self) -> Iterator[Question]:
        """The one."""
        yield self.question


def parts(condition: Part | Junction) -> Iterator[Part]:
    """What a condition is made of, left to right."""
    if isinstance(condition, Part):
        yield condition
        return
    for inner in condition.parts:
        yield from parts(inner)


@dataclass(frozen=True, slots=True)
class Writer:
    """How lowering writes: what an ask's answers are called, an argument as a key, the constant arguments, a copy with calls answered."""

    name: Callable[[Ask], str]
    key: Callable[[Ask, int, exp.Expr], exp.Expr]
    constants: Callable[[Ask], exp.Expr | None]
    replaced: Callable[[exp.Expr], exp.Expr]
    written: Callable[[exp.Expr], str]


class Sifting:
    """Writes the condition of one block. `columns` are what the profiles have, filled while parts are written."""

    def __init__(self, filters: Sequence[SemanticFilter], writer: Writer, name: str) -> None:
        self._asks = {id_: ask for node in filters for ask in node.asks for id_ in ask.covers}
        self._filters = filters
        self._writer = writer
        self._name = name
        self.batch = f"{name}_batch"
        self.columns: dict[str, exp.Expr] = {}

    def condition(self) -> Part | Junction:
        """All filters together."""
        held = {call.meta["id"] for node in self._filters for call in scopes.calls_in(node.predicate)}
        found = [self._part(node.predicate, may_open=held.issuperset(self._asks)) for node in self._filters]
        return found[0] if len(found) == 1 else Junction(False, tuple(found))

    def ranked(self, ask: Ask, call: Call) -> tuple[Question, exp.Expr, exp.Expr]:
        """The question of a top k, its values and its arguments, a batch at a time."""
        self._asks = dict.fromkeys(ask.covers, ask)
        place = exp.column(PLACE, table=self._name)
        question = self._question(call, call)
        keys = [exp.alias_(self._writer.key(ask, i, self._moved(call.arguments[i])), f"__rv_k{i}") for i in ask.varying]
        present = [exp.Not(this=exp.Is(this=exp.paren(key.this.copy()), expression=exp.null())) for key in keys]
        values = self._batched([exp.alias_(place, "place"), exp.alias_(self._moved(call), "value")], [])
        return question, values, self._batched([exp.alias_(place.copy(), "place"), *keys], present)

    def _part(self, predicate: exp.Expr, *, may_open: bool) -> Part | Junction:
        """`may_open`: OR may leave a question unasked, as nothing else of the block looks for its answer."""
        tree = predicate.unnest()
        if isinstance(tree, exp.And) or (may_open and isinstance(tree, exp.Or)):
            kind = type(tree)
            sides = [side for one in (tree.this, tree.expression) for side in _flat(one, kind)]
            if any(side.find(Call) for side in sides):
                return Junction(kind is exp.Or, tuple(self._part(side, may_open=may_open) for side in sides))
        passing = self._batched(exp.column(PLACE, table=self._name), [self._moved(tree)])
        questions = tuple(self._question(call, tree) for call in self._calls(tree))
        return Part(str(tree.meta.get("shown") or self._writer.written(tree)), questions, passing)

    def _calls(self, tree: exp.Expr) -> list[Call]:
        """Inner calls first; among equals those that every row needs."""
        found = [call for call in scopes.calls_in(tree) if call.meta["id"] in self._asks]
        return sorted(found, key=lambda call: (-_depth(call), bool(conditions.guards(call, tree))))

    def _question(self, call: Call, root: exp.Expr) -> Question:
        ask = self._asks[call.meta["id"]]
        inner = {repr(guard) for guard in conditions.guards(call, root)}
        guards = [self._moved(guard) for guard in ask.guards if repr(guard) in inner]
        keys = {f"__rv_k{i}": self._writer.key(ask, i, self._moved(call.arguments[i])) for i in ask.varying}
        present = [exp.Not(this=exp.Is(this=exp.paren(key.copy()), expression=exp.null())) for key in keys.values()]
        known = self._writer.name(ask)
        answered = exp.select("1").from_(exp.to_table(known), copy=False)
        types = [ask.types[i] for i in ask.varying]
        for (name, key), type_ in zip(keys.items(), types, strict=True):
            answered = answered.where(sameness.same(exp.column(name, table=known), exp.paren(key.copy()), type_), copy=False)
        fresh = exp.Not(this=exp.Exists(this=answered))
        selected: list[exp.Expr] = [exp.alias_(key, name) for name, key in keys.items()]
        rows = self._batched(selected or [exp.convert(1)], [*guards, *present])
        rows = sameness.distinct(rows, list(keys.values()), types) if keys else rows.limit(1)
        return Question(
            self._writer.name(ask),
            ask,
            rows,
            rows.where(fresh),
            self._batched(exp.column(PLACE, table=self._name), [*guards, *present, fresh]),
            self._writer.constants(ask),
        )

    def _batched(self, projections: exp.Expr | list[exp.Expr], predicates: Sequence[exp.Expr]) -> exp.Select:
        selected = projections if isinstance(projections, list) else [exp.alias_(projections, "place")]
        places = exp.select("place").from_(self.batch)
        query = exp.Select(expressions=[one.copy() for one in selected]).from_(self._name, copy=False)
        query = query.where(exp.In(this=exp.column(PLACE, table=self._name), query=exp.Subquery(this=places)), copy=False)
        for predicate in predicates:
            query = query.where(exp.paren(predicate.copy(), copy=False), copy=False)
        return query

    def _moved(self, tree: exp.Expr) -> exp.Expr:
        """A part with its calls answered, reading the profiles' columns in place of the block's."""
        holder = exp.Paren(this=tree.copy())
        for column in list(holder.find_all(exp.Column)):
            self.columns.setdefault(repr(column), column.copy())
            column.replace(exp.column(f"s{list(self.columns).index(repr(column))}", table=self._name))
        return self._writer.replaced(holder)


def _flat(tree: exp.Expr, kind: type[exp.Expr]) -> list[exp.Expr]:
    part = tree.unnest()
    return [side for one in (part.this, part.expression) for side in _flat(one, kind)] if isinstance(part, kind) else [part]


def _depth(call: exp.Expr) -> int:
    """How many calls are around a call."""
    return 0 if call.parent is None else isinstance(call.parent, Call) + _depth(call.parent)


def grouped(inner: exp.Select, width: int, order: exp.Expr) -> exp.Select:
    """The distinct profiles of some rows, in an order that threads do not choose."""
    with_ = inner.args.pop("with_", None)
    names = [exp.column(f"s{i}") for i in range(width)]
    numbered = exp.Window(this=exp.func("row_number"), order=exp.Order(expressions=[order, *(name.copy() for name in names)]))
    place = exp.alias_(exp.Sub(this=numbered, expression=exp.convert(1)), PLACE)
    query = exp.Select(expressions=[*(name.copy() for name in names), exp.alias_(exp.Count(this=exp.Star()), ROWS), place])
    query = query.from_(exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("__rv_rows"))), copy=False)
    query = query.group_by(*names, sameness.hashed(names), copy=False)
    if with_ is not None:
        query.set("with_", with_)
    return query


def stopped(limit: Limit | TopK, all_rows: exp.Expr, names: tuple[str, str, str], columns: dict[str, exp.Expr], *, ordered: bool) -> Stop:
    """`all_rows` is the table of candidates under the alias that the block gives it; `names`: kept, profiles, chosen."""
    kept, profiles, chosen = names
    bounds = exp.select(exp.alias_(limit.rows.copy(), "rows"), exp.alias_((limit.offset or exp.convert(0)).copy(), "before"))
    in_groups = isinstance(limit, Limit) and (bool(limit.keys) or limit.least is not None)
    alias = all_rows.alias
    theirs = [exp.column(f"s{i}", table=profiles) for i in range(len(columns))]
    same: list[exp.Expr] = [
        exp.NullSafeEQ(this=exp.paren(column.copy()), expression=one) for column, one in zip(columns.values(), theirs, strict=True)
    ]
    same.append(exp.EQ(this=sameness.hashed(columns.values()), expression=sameness.hashed(theirs)))
    selected: list[exp.Expr] = [exp.column(PLACE, table=profiles), exp.column("rowid", table=alias)]
    if isinstance(limit, Limit) and in_groups:
        bounds = bounds.select(exp.alias_((limit.least or exp.convert(0)).copy(), "least"))
        selected.append(exp.alias_(_numbered(limit.keys), "group"))
    rows = exp.select(*selected).from_(all_rows.copy(), copy=False)
    rows = rows.join(exp.to_table(profiles), on=exp.and_(*same, copy=False), copy=False)
    rows = rows.order_by(exp.column("rowid", table=alias), copy=False)
    place = exp.column("rowid", table=alias)
    among = exp.In(this=place, query=exp.Subquery(this=exp.select("place").from_(chosen)))
    query = exp.select("*").from_(all_rows.copy(), copy=False).where(among, copy=False).order_by(place.copy(), copy=False)
    return Stop(kept, bounds, rows, query, chosen, ordered, in_groups)


def _numbered(keys: Sequence[exp.Expr]) -> exp.Expr:
    """The number of a row's group, from 1."""
    if not keys:
        return exp.convert(1)
    return exp.Window(this=exp.func("dense_rank"), order=exp.Order(expressions=[key.copy() for key in keys]))
