"""A HAVING without calls goes before calls over the keys of its groups.

    SELECT text, count(*), text MEANS 'red' FROM t GROUP BY text HAVING count(*) > 1

asks about the texts of the groups that stay: its stage repeats the groups and the HAVING, as that of a call over an aggregate does.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from rvbbit.sql import describing, reading, scopes
from rvbbit.sql.dialect import Call
from rvbbit.sql.embeds import EMBED
from rvbbit.sql.schema import Schema

SEVERAL = ("rollup", "cube", "grouping_sets")
"""Ways of GROUP BY in which a key is NULL in some groups."""


def goes_before(call: Call, block: exp.Expr, schema: Schema, keys: Callable[[exp.Expr], tuple[exp.Expr, ...]]) -> bool:
    """Whether a call that reads no aggregate can be asked for the groups that HAVING leaves. `keys` writes out those of GROUP BY."""
    having, where, group = (block.args.get(clause) for clause in ("having", "where", "group"))
    if having is None or group is None or call.operator is EMBED or scopes.clause_of(call, block) != "expressions":
        return False
    if any(group.args.get(kind) for kind in SEVERAL) or len(scopes.sources(block)) != 1 or not schema.reads_again(block):
        return False  # of two tables, near pairs may be enough
    if not reading.stands_alone(having, block) or any(schema.reads_differently(part) for part in (having, where) if part is not None):
        return False
    if (where is not None and where.find(Call)) or schema.has_aggregate(next(p for p in block.expressions if _holds(p, call))):
        return False  # around a call an aggregate wants its answers a row
    written = keys(block)
    return not any(key.find(Call, exp.Select) for key in written) and schema.describes(describing.arguments(call, block, written))


def _holds(tree: exp.Expr, call: Call) -> bool:
    return any(node is call for node in tree.find_all(Call))
