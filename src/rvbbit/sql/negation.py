"""`x NOT MEANS 'c'`: the NOT belongs to the operator, which SQL cannot write, so it is put where it means that.

x NOT ABOUT 'c' > 0.7     NOT (x ABOUT 'c' > 0.7)
x NOT MEANS 'c' IS NULL   (NOT x MEANS 'c') IS NULL
"""

from __future__ import annotations

from sqlglot import exp

from rvbbit.sql.call import Call

_COMPARED = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ, exp.Between, exp.In)
_JOINED = (exp.Connector, exp.Not, exp.Paren)


def not_(call: Call) -> exp.Not:
    """A call with the operator's own NOT."""
    negated = exp.Not(this=call)
    negated.meta["own"] = True
    return negated


def settle(statement: exp.Expr) -> None:
    """Put every such NOT of a statement where it means what was written: around the comparison of a score, else around the call alone."""
    for node in [found for found in statement.find_all(exp.Not) if found.meta.get("own")]:
        parent = node.parent
        call = node.this
        if isinstance(parent, _COMPARED) and node.arg_key == "this" and call.operator.returns.upper() != "BOOLEAN":
            node.replace(call.pop())
            whole = exp.Not(this=exp.null())
            parent.replace(exp.paren(whole, copy=False))
            whole.set("this", parent)
        elif isinstance(parent, exp.Binary | exp.Is | exp.Cast | exp.Predicate) and not isinstance(parent, _JOINED):
            alone = exp.Paren(this=exp.null())
            node.replace(alone)
            alone.set("this", node)
