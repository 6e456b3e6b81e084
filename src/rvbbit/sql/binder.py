"""A parsed statement → a plan in the order of the text: which calls there are, of what types, over which rows.

The binder never runs anything. What it must know of tables it asks the `Schema`, with every call standing as a NULL of its type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from rvbbit.errors import SQLError
from rvbbit.sql import conditions, describing, rewrite, scopes
from rvbbit.sql.dialect import Call
from rvbbit.sql.limits import cut_first
from rvbbit.sql.plan import Ask, Block, Filter, Node, Plan, Project, Scan, SemanticFilter, SemanticMap, Snapshot
from rvbbit.sql.statements import Hints
from rvbbit.sql.typecheck import check_type


@dataclass(frozen=True, slots=True)
class Schema:
    """What the binder may ask of the database. `describe` gives (name, DuckDB type) of each column of a query; raises SQLError."""

    describe: Callable[[exp.Expr], list[tuple[str, str]]]
    aggregates: frozenset[str] = frozenset()

    def has_aggregate(self, tree: exp.Expr) -> bool:
        """Whether a tree computes over groups or windows."""
        return any(isinstance(node, exp.Window | exp.AggFunc) or self._aggregates(node) for node in scopes.own_nodes(tree))

    def aggregates_rows(self, tree: exp.Expr) -> bool:
        """Whether a tree computes over groups, window functions aside."""
        plain = (node for node in scopes.own_nodes(tree) if not isinstance(node.parent, exp.Window))
        return any(isinstance(node, exp.AggFunc) or self._aggregates(node) for node in plain)

    def _aggregates(self, node: exp.Expr) -> bool:
        return isinstance(node, exp.Anonymous) and node.name.lower() in self.aggregates


def bind(statement: exp.Expr, schema: Schema, whole: Hints, local: list[tuple[int, Hints]]) -> Plan:
    """The plan of a statement. Raises SQLError and its kin with line and column."""
    rewrite.refuse_definitions(statement)
    calls = scopes.calls_in(statement)
    for id_, call in enumerate(sorted(calls, key=lambda call: int(call.meta["token"])), start=1):
        call.meta["id"] = id_
    hints = _hints_of(calls, whole, local)
    rewrite.hoist_join_conditions(statement)
    for call in calls:
        rewrite.as_condition(call, hints[call.meta["id"]])
    rewrite.name_columns(statement)
    cut_first(statement, lambda query, block: [n for n, _ in schema.describe(describing.standing(query, block))], schema.has_aggregate)
    binder = _Binder(schema, hints)
    for block in _blocks(calls):
        binder.add(block, [call for call in calls if scopes.block_of(call) is block])
    return Plan(statement, tuple(binder.roots), tuple(binder.fallback))


def _hints_of(calls: list[Call], whole: Hints, local: list[tuple[int, Hints]]) -> dict[int, Hints]:
    found = {int(call.meta["id"]): whole for call in calls}
    for offset, hint in local:
        following = [call for call in calls if call.meta["token"] >= offset]
        if following:
            nearest = min(following, key=lambda call: int(call.meta["token"]))
            found[nearest.meta["id"]] = hint.over(found[nearest.meta["id"]])
    return found


def _blocks(calls: list[Call]) -> list[exp.Expr | None]:
    """The blocks that hold calls, innermost first, then in the order of the text."""
    found: list[exp.Expr | None] = []
    for call in calls:
        block = scopes.block_of(call)
        if not any(block is known for known in found):
            found.append(block)
    return sorted(found, key=lambda block: -_depth(block))


def _depth(block: exp.Expr | None) -> int:
    return -1 if block is None else sum(1 for _ in _ancestors(block))


def _ancestors(node: exp.Expr) -> list[exp.Expr]:
    found = []
    parent = node.parent
    while parent is not None:
        found.append(parent)
        parent = parent.parent
    return found


class _Binder:
    """Collects the blocks of one statement."""

    def __init__(self, schema: Schema, hints: dict[int, Hints]) -> None:
        self.schema = schema
        self.hints = hints
        self.roots: list[Node] = []
        self.fallback: list[Ask] = []
        self.kept = 0
        self.asked: set[int] = set()

    def add(self, block: exp.Expr | None, calls: list[Call]) -> None:
        """Stage a block's calls, or hand them to the fallback where no stage can reach."""
        if block is None:
            self._add_loose(calls)
            return
        staged = [call for call in calls if self._reaches(block, call)]
        if staged and not self._can_stage(block):
            staged = []
        kept = {id(call) for call in staged}
        self.fallback.extend(self._fallback(call) for call in calls if id(call) not in kept)
        if staged:
            self.roots.append(self._chain(block, staged, has_fallback=len(staged) < len(calls)))

    def _add_loose(self, calls: list[Call]) -> None:
        """Calls outside any block (`INSERT … VALUES (ASK(…))`): constants are asked once, the rest is the fallback's."""
        nowhere = exp.Select()
        constant = [call for call in calls if call.find(exp.Column) is None and not scopes.is_volatile(call)]
        self.fallback.extend(self._fallback(call) for call in calls if call not in constant)
        if constant:
            asks = tuple(self._ask(call, nowhere, call) for call in constant)
            self.roots.append(Project(SemanticMap(Scan(Block(nowhere)), asks)))

    def _reaches(self, block: exp.Expr, call: Call) -> bool:
        clause = scopes.clause_of(call, block)
        if call.find_ancestor(exp.Lambda) is not None or clause in {"from_", "joins", "laterals", "with_", "using", "limit", "offset"}:
            return False
        return not scopes.is_volatile(call) and call.find(exp.Window) is None  # a lookup's subquery cannot hold a window

    def _can_stage(self, block: exp.Expr) -> bool:
        if scopes.in_recursive_cte(block) or block.args.get("sample"):
            return False
        where = block.args.get("where")
        if where is not None and scopes.is_volatile(where):
            return False
        joins_asks = any(source.find(Call) and isinstance(source, exp.Lateral) for source in scopes.sources(block))
        return not joins_asks and not self._is_correlated(block)

    def _is_correlated(self, block: exp.Expr) -> bool:
        if block.find_ancestor(exp.Select, exp.Update, exp.Delete) is None:
            return False
        own_tables = {source.alias_or_name.lower() for source in scopes.sources(block)}
        own_columns = {name.lower() for name, _ in self._source_columns(block)}
        aliases = {p.alias.lower() for p in block.expressions if isinstance(p, exp.Alias)} if isinstance(block, exp.Select) else set()
        for node in scopes.own_nodes(block):
            if isinstance(node, exp.Column):
                qualifier = node.table.lower()
                known = own_tables | own_columns if qualifier else own_columns | own_tables | aliases
                if (qualifier or node.name.lower()) not in known and not node.find_ancestor(exp.Lambda):
                    return True
        return False

    def _source_columns(self, block: exp.Expr) -> list[tuple[str, str]]:
        return self.schema.describe(describing.source(block)) if scopes.sources(block) else []

    def _chain(self, block: exp.Expr, calls: list[Call], *, has_fallback: bool) -> Node:
        self._expand_aliases(block, calls)
        ids = {call.meta["id"] for call in calls}
        calls = [call for call in scopes.calls_in(block) if scopes.block_of(call) is block and call.meta["id"] in ids]
        where = block.args.get("where")
        node: Node = Scan(Block(block, self._snapshots(block)))
        filtered: set[int] = set()
        for predicate in conditions.conjuncts(where.this) if where is not None else []:
            inside = [call for call in calls if _within(call, predicate)]
            if inside:
                asks = tuple(self._ask(call, block, predicate) for call in inside if call.meta["id"] not in filtered)
                node = SemanticFilter(node, predicate, asks)
                filtered.update(call.meta["id"] for call in inside)
            elif not (has_fallback and predicate.find(Call)):
                node = Filter(node, predicate)
        mapped = tuple(self._ask(call, block, block) for call in calls if call.meta["id"] not in filtered)
        return Project(SemanticMap(node, mapped) if mapped else node)

    def _snapshots(self, block: exp.Expr) -> tuple[Snapshot, ...]:
        parts = [source for source in scopes.sources(block) if isinstance(source, exp.Subquery)]
        parts += [cte.this for cte in scopes.visible_ctes(block)[0]]
        found = []
        for part in parts:
            if "snapshot" not in part.meta and scopes.reads_differently(part) and not scopes.in_recursive_cte(part):
                self.kept += 1
                part.meta["snapshot"] = self.kept
                found.append(Snapshot(self.kept, part))
        return tuple(found)

    def _expand_aliases(self, block: exp.Expr, calls: list[Call]) -> None:
        """DuckDB lets WHERE and later columns name an earlier column's alias; a stage has no such columns, so put the expression there."""
        if not isinstance(block, exp.Select):
            return
        aliased = {p.alias.lower(): p.this for p in block.expressions if isinstance(p, exp.Alias)}
        places: list[exp.Expr] = [*calls]
        if block.args.get("where") is not None:
            places.append(block.args["where"])
        wanted = [
            column
            for place in places
            for column in place.find_all(exp.Column)
            if not column.table and column.name.lower() in aliased and column.find_ancestor(*scopes.BLOCKS) is block
        ]
        if not wanted:
            return
        real = {name.lower() for name, _ in self._source_columns(block)}
        for column in wanted:
            value = aliased[column.name.lower()]
            if column.name.lower() not in real and column.parent is not None and not _within(column, value):
                column.replace(exp.paren(value.copy(), copy=False))

    def _ask(self, call: Call, block: exp.Expr, root: exp.Expr) -> Ask:
        groups = self._groups(block) if self.schema.aggregates_rows(call) else None
        guards = tuple(guard for guard in conditions.guards(call, root) if self._can_guard(guard))
        types = tuple(type_ for _, type_ in self.schema.describe(describing.arguments(call, block, groups)))
        for parameter, type_, argument in zip(call.operator.parameters, types, call.arguments, strict=True):
            check_type(call, parameter.name, parameter.type, type_, argument)
        self.asked.add(call.meta["id"])
        varying = tuple(i for i, argument in enumerate(call.arguments) if self._varies(argument, block))
        return Ask((call.meta["id"],), call, types, self.hints[call.meta["id"]], varying, () if groups is not None else guards, groups)

    def _can_guard(self, guard: exp.Expr) -> bool:
        """Whether a stage can repeat a condition: no groups, nothing volatile, and only calls that were asked before."""
        asked = all(call.meta["id"] in self.asked for call in guard.find_all(Call))
        return asked and not self.schema.has_aggregate(guard) and not scopes.is_volatile(guard)

    def _varies(self, argument: exp.Expr, block: exp.Expr) -> bool:
        if argument.find(exp.Column, exp.Star) is None:
            return False
        if any(isinstance(node, exp.Column | exp.Star) for node in scopes.own_nodes(argument)):
            return True
        try:
            self.schema.describe(describing.alone(argument, block))
        except SQLError:
            return True  # a subquery that reads the block's rows
        return False

    def _groups(self, block: exp.Expr) -> tuple[exp.Expr, ...]:
        """The keys of GROUP BY written out: ALL, places and output names replaced by what they stand for."""
        group = block.args.get("group")
        if group is None:
            return ()
        outputs = [projection.unalias() for projection in block.expressions]
        if group.args.get("all"):
            return tuple(output for output in outputs if not self.schema.has_aggregate(output) and output.find(Call) is None)
        named = {p.alias.lower(): p.this for p in block.expressions if isinstance(p, exp.Alias)}
        real = {name.lower() for name, _ in self._source_columns(block)}
        keys: list[exp.Expr] = []
        for key in group.expressions:
            if isinstance(key, exp.Literal) and key.is_int:
                key = outputs[int(key.name) - 1]
            elif isinstance(key, exp.Column) and not key.table and key.name.lower() not in real:
                key = named.get(key.name.lower(), key)
            if key.find(Call) is None:
                keys.append(key)
        return tuple(keys)

    def _fallback(self, call: Call) -> Ask:
        types = tuple(
            "VARCHAR" if isinstance(argument, exp.Literal) and argument.is_string else parameter.type
            for parameter, argument in zip(call.operator.parameters, call.arguments, strict=True)
        )
        return Ask((call.meta["id"],), call, types, self.hints[call.meta["id"]])


def _within(node: exp.Expr, root: exp.Expr) -> bool:
    return node is root or any(ancestor is root for ancestor in _ancestors(node))
