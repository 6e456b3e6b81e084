"""What a semantic statement will do, before anything runs: small frozen nodes, one chain a query block.

    Project                      the block as written, answers in place of its calls
    └─ SemanticMap               asked for the rows that are left (SELECT, ORDER BY, GROUP BY …)
       └─ SemanticFilter         asked for the rows that the nodes below keep
          └─ Filter              a predicate DuckDB evaluates alone
             └─ Scan             FROM and its joins

Binding writes the chain in the order of the text; each rule turns a plan into a plan; lowering turns it into SQL. The syntax trees
inside are shared, never changed after binding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp

from rvbbit.sql.dialect import Call
from rvbbit.sql.factored import Factored
from rvbbit.sql.origins import Origin
from rvbbit.sql.reading import Around, Reach
from rvbbit.sql.search import Search
from rvbbit.sql.sides import Sides
from rvbbit.sql.statements import Hints
from rvbbit.types import Operator


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to an operator, asked once for each distinct tuple of its arguments.

    `covers` are the ids of the calls it answers (several after `equal_calls_once`). `types` are DuckDB's types of the arguments, in the
    operator's order; `varying` are the places of those that differ from row to row, the others are read once. `guards` must hold for a
    row to need an answer (the other side of an AND or OR, the WHEN of a CASE). `groups` are the keys of GROUP BY where the arguments are
    aggregates, None where the ask is made a row. `origin` is where the text of an EMBED comes from. `sides`: it pairs the rows of two
    tables, near ones are asked about, others are FALSE. `reach`: whose columns it reads, where its block is correlated.
    """

    covers: tuple[int, ...]
    call: Call
    types: tuple[str, ...]
    hints: Hints
    varying: tuple[int, ...] = ()
    guards: tuple[exp.Expr, ...] = ()
    groups: tuple[exp.Expr, ...] | None = None
    origin: Origin | None = None
    sides: Sides | None = None
    reach: Reach = "own"

    @property
    def id(self) -> int:
        """The id of the first call it answers; names its answers."""
        return self.covers[0]

    @property
    def operator(self) -> Operator:
        """The operator asked."""
        return self.call.operator


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A part of FROM that could read differently twice (LIMIT, a sample, random()), so it is read once into a table of its own."""

    id: int
    source: exp.Expr


@dataclass(frozen=True, slots=True)
class Block:
    """A SELECT, UPDATE or DELETE that holds calls of its own, or a statement around constants only. `around` are the blocks whose rows it
    reads, the nearest first."""

    tree: exp.Expr
    snapshots: tuple[Snapshot, ...] = ()
    around: tuple[Around, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """FROM and its joins."""

    block: Block


@dataclass(frozen=True, slots=True)
class Filter:
    """A predicate without calls."""

    input: Node
    predicate: exp.Expr


@dataclass(frozen=True, slots=True)
class SemanticFilter:
    """A predicate with calls; rows that fail it are not asked about above, where it is `repeatable` (reads the same twice)."""

    input: Node
    predicate: exp.Expr
    asks: tuple[Ask, ...]
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Reorder:
    """The semantic filters below are carried out by cost and by the share of rows that passes each, as it shows."""

    input: Node


@dataclass(frozen=True, slots=True)
class Limit:
    """Rows are asked about, by the semantic filters below, until `rows` have passed behind the first `offset` (None: 0).

    They are taken in the order in which the snapshot has them where `ordered`; else any will do. With `keys`, so many in each group
    of rows that agree in them. Where fewer than `least` can pass they are as good as none.
    """

    input: Node
    rows: exp.Expr
    offset: exp.Expr | None
    snapshot: int
    ordered: bool
    keys: tuple[exp.Expr, ...] = ()
    least: exp.Expr | None = None


@dataclass(frozen=True, slots=True)
class TopK:
    """The `rows` with the highest answers to `ask`, behind the first `offset`: those nearest by embedding are asked about first, until
    more of them change little. Every row of the snapshot is asked about where no embedding can tell."""

    input: Node
    ask: Ask
    rows: exp.Expr
    offset: exp.Expr | None
    snapshot: int


@dataclass(frozen=True, slots=True)
class SemanticMap:
    """Calls outside WHERE, inner ones first."""

    input: Node
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """Everything else of the block."""

    input: Node


Node = Scan | Filter | SemanticFilter | Reorder | Limit | TopK | SemanticMap | Project


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and its blocks, innermost first. `fallback` calls sit where no stage can reach and are answered by a function.

    `searches` are made before anything else. `factored` are questions about pairs that labels stand for. `notices` warn; what is
    `told` is good to know.
    """

    statement: exp.Expr
    blocks: tuple[Node, ...]
    fallback: tuple[Ask, ...] = ()
    notices: tuple[str, ...] = field(default=())
    searches: tuple[Search, ...] = ()
    factored: tuple[Factored, ...] = ()
    told: tuple[str, ...] = ()

    def asks(self) -> Iterator[Ask]:
        """All staged asks in the order in which they will be made."""
        for root in self.blocks:
            for node in chain(root):
                yield from asks_of(node)


def chain(root: Node) -> list[Node]:
    """A block's nodes from the scan up."""
    nodes: list[Node] = [root]
    while not isinstance(node := nodes[-1], Scan):
        nodes.append(node.input)
    return nodes[::-1]


def asks_of(node: Node) -> tuple[Ask, ...]:
    """What one node asks."""
    match node:
        case SemanticFilter(_, _, asks) | SemanticMap(_, asks):
            return asks
        case TopK(_, ask):
            return (ask,)
    return ()


def sifted(plan: Plan) -> set[int]:
    """The ids of asks that a limit or other filters may spare some of their calls."""
    found: set[int] = set()
    for root in plan.blocks:
        nodes = chain(root)
        found.update(node.ask.id for node in nodes if isinstance(node, TopK))
        if any(isinstance(node, Reorder | Limit) for node in nodes):
            found.update(ask.id for node in nodes if isinstance(node, SemanticFilter) for ask in node.asks)
    return found


def stack(nodes: list[Node]) -> Node:
    """The reverse of `chain`: each node put on the one before it."""
    root = nodes[0]
    for node in nodes[1:]:
        assert not isinstance(node, Scan)
        root = replace(node, input=root)
    return root
