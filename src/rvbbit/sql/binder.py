"""A parsed statement → a plan in the order of the text: which calls there are, of what types, over which rows.

The binder never runs anything. What it must know of tables it asks the `Schema`, with every call standing as a NULL of its type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import aggregates, aliases, bounds, conditions, correlated, describing, regexes, rewrite, scopes, semi_joins, sides, sought
from rvbbit.sql.candidates import read_once
from rvbbit.sql.demand import pushed
from rvbbit.sql.dialect import Call
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.enough import stop_counting
from rvbbit.sql.factors import Factoring, factorize
from rvbbit.sql.having import goes_before
from rvbbit.sql.limits import cut_first, is_cut
from rvbbit.sql.origins import Origin, origin
from rvbbit.sql.plan import Ask, Block, Filter, Node, Plan, Project, Scan, SemanticFilter, SemanticMap, Snapshot, asks_of, chain
from rvbbit.sql.reading import Around
from rvbbit.sql.schema import Schema
from rvbbit.sql.stated import hints_of
from rvbbit.sql.statements import Hints
from rvbbit.sql.topk import highest_first
from rvbbit.sql.typecheck import check_type

OUT_OF_REACH = frozenset({"from_", "joins", "laterals", "with_", "using", "limit", "offset", "returning"})
CHECKED = (exp.Create, exp.Delete, exp.Insert, exp.Merge, exp.SetOperation, exp.Update)
"""Statements of which more than their blocks can be wrong."""


def bind(
    statement: exp.Expr,
    schema: Schema,
    whole: Hints,
    local: list[tuple[int, Hints]],
    *,
    accuracy: float | None = None,
    factoring: Factoring | None = None,
    first: int = 1,
) -> Plan:
    """The plan of a statement, its calls numbered from `first`; `accuracy` is the settings' target. Raises SQLError and its kin with line
    and column."""
    rewrite.refuse_definitions(statement)
    aggregates.keep_one_of_a_kind(statement)
    aggregates.stand_for_keys(statement, lambda block, name: name.lower() in {n.lower() for n, _ in _columns_of(block, schema)})
    aggregates.read_blocks(statement)
    calls = scopes.calls_in(statement)
    for id_, call in enumerate(sorted(calls, key=lambda call: int(call.meta["token"])), start=first):
        call.meta["id"] = id_
        rewrite.remember_as_typed(call)
    hints = hints_of(calls, whole, local, accuracy)
    aggregates.collect(statement)
    rewrite.hoist_join_conditions(statement)
    for call in calls:
        rewrite.as_condition(call, hints[call.meta["id"]])
    rewrite.name_columns(statement)
    describing.ask_nothing(statement)
    if isinstance(statement, CHECKED):
        schema.check(describing.typed(statement))  # a wrong column of an INSERT costs no call
    calls = pushed(statement, schema, hints)
    factored = factorize(calls, hints, factoring, schema.describe)

    semi_joins.as_conditions(
        statement,
        lambda select: schema.describes(describing.looked_up(select, {})),
        lambda values, select: schema.describes(describing.values(values, select)),
    )
    sought.narrow(statement, schema)

    def names(query: exp.Select, block: exp.Select) -> list[str]:
        return [name for name, _ in schema.describe(describing.standing(query, block))]

    cut_first(statement, names, schema.has_aggregate, lambda call, block: _origin(call, block, schema))
    stop_counting(statement, names, schema.has_aggregate, lambda call: hints[call.meta["id"]].all_together)
    read_once(statement, names, schema.has_aggregate)
    highest_first(statement, names, schema.has_aggregate)
    binder = _Binder(schema, hints)
    for block in scopes.in_order(statement):
        binder.add(block)
    binder.add_loose([call for call in scopes.calls_in(statement) if scopes.block_of(call) is None])
    return Plan(statement, tuple(binder.roots), tuple(binder.fallback), regexes.notices(calls), factored=factored)


def _columns_of(block: exp.Expr, schema: Schema) -> list[tuple[str, str]]:
    return schema.describe(describing.source(block)) if scopes.sources(block) else []


def _origin(call: Call, block: exp.Expr, schema: Schema) -> Origin | None:
    """Where the text of an EMBED comes from."""

    def columns(table: exp.Table) -> list[str]:
        return [name.lower() for name, _ in schema.describe(describing.part(table, block))]

    return origin(call.arguments[0], block, schema.keyed, columns) if call.operator is EMBED else None


def _ancestors(node: exp.Expr) -> list[exp.Expr]:
    return [] if node.parent is None else [node.parent, *_ancestors(node.parent)]


class _Binder:
    """Collects the blocks of one statement."""

    def __init__(self, schema: Schema, hints: dict[int, Hints]) -> None:
        self.schema = schema
        self.hints = hints
        self.roots: list[Node] = []
        self.fallback: list[Ask] = []
        self.kept = 0
        self.asked: set[int] = set()
        self.stuck: set[str] = set()
        self.around: tuple[Around, ...] = ()

    def add(self, block: exp.Expr) -> None:
        """Stage a block's calls, or hand them to the fallback where no stage can reach."""
        if not self._own_calls(block):
            if isinstance(block, exp.Select) and any("typed" in source.meta for source in scopes.sources(block)):
                self.roots.append(Project(Scan(Block(block))))  # a search, which EXPLAIN shows
            return
        self.stuck, self.around = self._expand_aliases(block), ()
        calls = self._own_calls(block)
        staged = [call for call in calls if self._reaches(block, call)] if self._can_stage(block) else []
        root = self._staged(block, calls, staged) if staged or is_cut(block) else None
        if root is not None:
            self.roots.append(root)
            asked = _asks(root)
            calls = [call for call in calls if call.meta["id"] not in asked]
        self.fallback.extend(self._fallback(call) for call in calls)

    def _own_calls(self, block: exp.Expr) -> list[Call]:
        return [call for call in scopes.calls_in(block) if scopes.block_of(call) is block]

    def _staged(self, block: exp.Expr, calls: list[Call], staged: list[Call]) -> Node | None:
        """The chain of as many calls as DuckDB can look up where they stand: all, those in WHERE, or none."""
        snapshots, before = self._snapshots(block), set(self.asked)
        filters = [call for call in staged if scopes.clause_of(call, block) == "where"]
        for some in (staged, filters):
            if some:
                root = self._chain(block, some, snapshots, has_fallback=len(some) < len(calls))
                if self._can_look_up(block, root):
                    return root
                self.asked = set(before)
        if is_cut(block):
            return Project(Scan(Block(block, snapshots)))  # its order is that of the kept table
        for snapshot in snapshots:
            snapshot.source.meta.pop("snapshot")
        return None

    def _can_look_up(self, block: exp.Expr, root: Node) -> bool:
        if not isinstance(block, exp.Select):
            return True
        asks = _asks(root)
        if not self.around:
            return self.schema.describes(describing.looked_up(block, asks))
        parts = [node.predicate for node in chain(root) if isinstance(node, Filter | SemanticFilter)]
        there = [describing.looked_up(self.around[-1].tree, asks)]
        there += [describing.staged(block, self.around, parts, asks, reach) for reach in {ask.reach for ask in asks.values()}]
        return all(map(self.schema.describes, there))

    def add_loose(self, calls: list[Call]) -> None:
        """Calls outside any block (`INSERT … VALUES (ASK(…))`): constants are asked once, the rest is the fallback's."""
        nowhere = exp.Select()
        constant = [call for call in calls if _is_constant(call)]
        self.fallback.extend(self._fallback(call) for call in calls if not _is_constant(call))
        if constant:
            asks = tuple(self._ask(call, nowhere, call) for call in constant)
            self.roots.append(Project(SemanticMap(Scan(Block(nowhere)), asks)))

    def _reaches(self, block: exp.Expr, call: Call) -> bool:
        """Whether a stage can ask for a call: it can read the arguments, and what it reads the statement will read again."""
        clause = scopes.clause_of(call, block)
        if clause in OUT_OF_REACH or call.find_ancestor(exp.Lambda, exp.Comprehension) is not None:
            return False
        if block.args.get("qualify") and clause in {"expressions", "order"} and call.find_ancestor(exp.Window) is None:
            return False  # a function is called for the rows that QUALIFY leaves; a stage would not know them
        if scopes.is_volatile(call) or call.find(exp.Window) is not None or self._names_stuck(call):
            return False
        if any(isinstance(node, exp.Anonymous) and node.name.upper() in scopes.SEVERAL for node in scopes.own_nodes(call)):
            return False
        if self.around and not self.schema.describes(describing.arguments(call, block, self._grouped_by(call, block), self.around)):
            return False  # it names what the block around has in its output alone
        if any(self.schema.reads_differently(argument) and self._varies(argument, block) for argument in call.arguments):
            return False
        return not self.schema.aggregates_rows(call) or self._can_group(block, call)

    def _names_stuck(self, tree: exp.Expr) -> bool:
        """Whether a tree names an alias that could not be written out."""
        return any(column.name.lower() in self.stuck and not column.table for column in tree.find_all(exp.Column))

    def _can_group(self, block: exp.Expr, call: Call) -> bool:
        """Whether a stage can repeat the groups of a call over aggregates: the answers it needs for that must be there before."""
        kept = block.args.get("having")
        if kept is not None and self.schema.reads_differently(kept):
            return False  # a function is called for the groups that HAVING leaves
        inner = [one for tree in (call, *self._groups(block)) for one in tree.find_all(Call) if one is not call]
        return all(self._reaches(block, one) for one in inner if scopes.block_of(one) is block)

    def _can_stage(self, block: exp.Expr) -> bool:
        if scopes.in_recursive_cte(block) or block.args.get("sample"):
            return False
        where = block.args.get("where")
        if where is not None and scopes.is_volatile(where):
            return False
        if any(join.args.get("on") and self.schema.reads_differently(join.args["on"]) for join in block.args.get("joins") or ()):
            return False
        if not all(self._can_repeat(source, block) for source in scopes.sources(block)):
            return False
        if not correlated.is_correlated(block, self.schema):
            return True
        self.around = correlated.around(block, self.schema) or ()
        return bool(self.around)

    def _can_repeat(self, source: exp.Expr, block: exp.Expr) -> bool:
        """Whether an item of FROM reads the same twice, or can be read once and kept."""
        if isinstance(source, exp.Lateral) and source.find(Call):
            return False
        if not self.schema.reads_differently(source):
            return True
        plain = isinstance(source, exp.Subquery) and not any(source.args.get(arg) for arg in ("sample", "pivots", "joins"))
        return plain and self.schema.describes(describing.part(source, block))

    def _column_names(self, block: exp.Expr) -> set[str]:
        return {name.lower() for name, _ in _columns_of(block, self.schema)}

    def _chain(self, block: exp.Expr, calls: list[Call], snapshots: tuple[Snapshot, ...], *, has_fallback: bool) -> Node:
        where = block.args.get("where")
        node: Node = Scan(Block(block, snapshots, self.around))
        filtered: set[int] = set()
        parts = conditions.conjuncts(where.this) if where is not None else []
        if self.around:
            correlated.mark(parts, block, self.schema)
        for predicate in parts:
            inside = [call for call in calls if _within(call, predicate)]
            if inside:
                asks = tuple(self._ask(call, block, predicate) for call in _freest_first(inside, predicate, self.schema.aggregates_rows))
                node = SemanticFilter(node, predicate, asks, repeatable=not self.schema.reads_differently(predicate))
                filtered.update(call.meta["id"] for call in inside)
            elif not (has_fallback and predicate.find(Call)) and not self.schema.reads_differently(predicate):
                node = Filter(node, predicate)
        asked = {call.meta["id"] for call in self._own_calls(block) if scopes.clause_of(call, block) == "where"}
        if asked and asked <= filtered:
            node = bounds.limited(node, block, snapshots)
        rest = [call for call in calls if call.meta["id"] not in filtered]
        for call in [call for call in rest if bounds.ranks(call, block, self.hints[call.meta["id"]])]:
            rest.remove(call)
            node = bounds.top(node, block, snapshots, self._ask(call, block, call))
        mapped = tuple(self._ask(call, block, block) for call in _freest_first(rest, block, self.schema.aggregates_rows))
        return Project(SemanticMap(node, mapped) if mapped else node)

    def _snapshots(self, block: exp.Expr) -> tuple[Snapshot, ...]:
        parts = [cte.this for cte in scopes.visible_ctes(block)[0]]  # before what may read them
        parts += [source for source in scopes.sources(block) if isinstance(source, exp.Subquery)]
        found = []
        for part in parts:
            once = part.meta.get("once") or self.schema.reads_differently(part)
            if "snapshot" not in part.meta and once and not scopes.in_recursive_cte(part):
                self.kept += 1
                part.meta["snapshot"] = self.kept
                found.append(Snapshot(self.kept, part))
        return tuple(found)

    def _expand_aliases(self, block: exp.Expr) -> set[str]:
        if not isinstance(block, exp.Select):
            return set()
        found: list[set[str]] = []

        def columns() -> set[str]:
            if not found:
                found.append(self._column_names(block))
            return found[0]

        def copied(copy: exp.Expr) -> None:
            for call in scopes.calls_in(copy):
                if scopes.block_of(call) is None:  # calls of blocks inside keep their ids: their answers are there already
                    new = max(self.hints) + 1
                    self.hints[new] = self.hints[call.meta["id"]]
                    call.meta["id"] = new

        return aliases.expand(block, columns, copied)

    def _ask(self, call: Call, block: exp.Expr, root: exp.Expr) -> Ask:
        groups = self._grouped_by(call, block)
        guards = tuple(guard for guard in conditions.guards(call, root) if self._can_guard(guard))
        types = tuple(type_ for _, type_ in self.schema.describe(describing.arguments(call, block, groups, self.around)))
        for place, type_ in enumerate(types):
            check_type(call, place, type_)
        self.asked.add(call.meta["id"])
        varying = tuple(i for i, argument in enumerate(call.arguments) if self._varies(argument, block))
        from_ = None if groups is not None else call.meta.get("origin") or _origin(call, block, self.schema)
        hints = self.hints[call.meta["id"]]
        asked = Ask((call.meta["id"],), call, types, hints, varying, () if self.schema.aggregates_rows(call) else guards, groups, from_)
        if not self.around:
            return replace(asked, sides=self._sides(asked, block))
        correlated.mark(guards, block, self.schema)
        return replace(asked, reach=correlated.reach(asked, block, self.around, self.schema))

    def _sides(self, ask: Ask, block: exp.Expr) -> sides.Sides | None:
        """The tables that an ask pairs, where it may be asked about near pairs alone."""
        wanted = ask.operator.pairs.blocked if ask.hints.blocking is None else ask.hints.blocking
        if not wanted or ask.operator.returns.upper() != "BOOLEAN" or ask.groups is not None or ask.types != (sides.TEXT, sides.TEXT):
            return None
        try:
            found = sides.of(ask.call, block, lambda item: [name for name, _ in self.schema.describe(describing.item(item, block))])
        except SQLError:
            return None
        return found

    def _can_guard(self, guard: exp.Expr) -> bool:
        """Whether a stage can repeat a condition: no groups, nothing volatile, and only calls that were asked before."""
        asked = all(call.meta["id"] in self.asked for call in guard.find_all(Call))
        return asked and not self._names_stuck(guard) and not self.schema.has_aggregate(guard) and not self.schema.reads_differently(guard)

    def _varies(self, argument: exp.Expr, block: exp.Expr) -> bool:
        if self.schema.aggregates_rows(argument):
            return True  # even of a constant: looked up without it, the block would give a row a row
        if argument.find(exp.Column, exp.Star) is None:
            return False
        if any(isinstance(node, exp.Column | exp.Star) for node in scopes.own_nodes(argument)):
            return True
        return not self.schema.describes(describing.alone(argument, block))  # a subquery that reads the block's rows

    def _grouped_by(self, call: Call, block: exp.Expr) -> tuple[exp.Expr, ...] | None:
        grouped = self.schema.aggregates_rows(call) or (not self.around and goes_before(call, block, self.schema, self._groups))
        return self._groups(block) if grouped else None

    def _groups(self, block: exp.Expr) -> tuple[exp.Expr, ...]:
        """The keys of GROUP BY written out: ALL, places and output names replaced by what they stand for."""
        group = block.args.get("group")
        if group is None:
            return ()
        outputs = [projection.unalias() for projection in block.expressions]
        if group.args.get("all"):
            return tuple(output for output in outputs if not self.schema.has_aggregate(output))
        named = {p.alias.lower(): p.this for p in block.expressions if isinstance(p, exp.Alias)}
        real = self._column_names(block)

        def spelled(node: Any) -> Any:
            if isinstance(node, exp.Column) and not node.table and node.name.lower() not in real:
                return named.get(node.name.lower(), node)
            return node

        by_place = {str(place): output for place, output in enumerate(outputs, start=1)}
        places = [by_place.get(key.name, key) if isinstance(key, exp.Literal) and key.is_int else key for key in group.expressions]
        keys: list[exp.Expr] = []
        keys.extend(key.transform(spelled) for key in places)
        return tuple(keys)

    def _fallback(self, call: Call) -> Ask:
        types = tuple(
            "VARCHAR" if parameter.type.endswith("[]") and self._is_text(place, call) else parameter.type
            for place, parameter in enumerate(call.operator.parameters)
        )
        return Ask((call.meta["id"],), call, types, self.hints[call.meta["id"]])

    def _is_text(self, place: int, call: Call) -> bool:
        """Whether a list is given as text separated by commas. What cannot be described without its rows is taken for a list."""
        block = scopes.block_of(call) or exp.Select()
        for query, column in ((describing.alone(call.arguments[place], block), 0), (describing.arguments(call, block, None), place)):
            try:
                return self.schema.describe(query)[column][1] == "VARCHAR"
            except SQLError:
                continue
        return False


def _asks(root: Node) -> dict[int, Ask]:
    return {ask.id: ask for node in chain(root) for ask in asks_of(node)}


def _is_constant(call: Call) -> bool:
    nowhere = call.find_ancestor(exp.Returning, exp.When)
    return nowhere is None and call.find(exp.Column) is None and not scopes.is_volatile(call)


def _freest_first(calls: list[Call], root: exp.Expr, is_grouped: Callable[[Call], bool]) -> list[Call]:
    """Calls a row before calls a group, which may need them; inner calls before outer ones; among equals those that every row needs, so
    that they answer for the others too."""
    depth = {call.meta["id"]: len([a for a in _ancestors(call) if isinstance(a, Call)]) for call in calls}
    return sorted(calls, key=lambda call: (is_grouped(call), -depth[call.meta["id"]], conditions.turn(call, root)))


def _within(node: exp.Expr, root: exp.Expr) -> bool:
    return node is root or any(ancestor is root for ancestor in _ancestors(node))
