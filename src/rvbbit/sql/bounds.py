"""The LIMIT of a block as a node of its plan, where `candidates` or `topk` have put its rows so that some may go unasked."""

from __future__ import annotations

from sqlglot import exp

from rvbbit.sql.dialect import Call
from rvbbit.sql.limits import ROWS
from rvbbit.sql.plan import Ask, Limit, Node, Snapshot, TopK
from rvbbit.sql.statements import Hints


def limited(node: Node, block: exp.Expr, snapshots: tuple[Snapshot, ...]) -> Node:
    """A block's rows under a limit that stops asking; the statement itself then needs none. As they are where they were not put so."""
    kept = _once(snapshots)
    if kept is None:
        return node
    block.meta["stopped"] = True
    if (enough := block.meta.get("enough")) is not None:
        return Limit(node, enough.rows, None, kept, False, tuple(map(_key, range(len(enough.keys)), enough.keys)), enough.least)
    rows, offset = _bounds(block)
    return Limit(node, rows, offset, kept, ordered=block.meta["ordered"])


def ranks(call: Call, block: exp.Expr, hints: Hints) -> bool:
    """Whether a call is what the highest rows are chosen by, and not every row is to be asked about."""
    return bool(call.meta["id"] == block.meta.get("top")) and hints.judge != "all"


def top(node: Node, block: exp.Expr, snapshots: tuple[Snapshot, ...], ask: Ask) -> Node:
    """A block's rows with the highest answers."""
    kept = _once(snapshots)
    assert kept is not None
    return TopK(node, ask, *_bounds(block), kept)


def _once(snapshots: tuple[Snapshot, ...]) -> int | None:
    return next((snapshot.id for snapshot in snapshots if snapshot.source.meta.get("once")), None)


def _key(place: int, typed: str) -> exp.Expr:
    """A column of the kept rows, and what was typed for it."""
    column = exp.column(f"c{place}", table=ROWS)
    column.meta["shown"] = typed
    return column


def _bounds(block: exp.Expr) -> tuple[exp.Expr, exp.Expr | None]:
    limit, offset = block.args.get("limit"), block.args.get("offset")
    return exp.convert(1) if limit is None else limit.expression, None if offset is None else offset.expression
