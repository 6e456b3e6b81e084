"""Where a call stands as a condition, and what must hold before it needs an answer."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from rvbbit.sql.dialect import Call


def conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    """The parts of a condition joined by AND, left to right, parentheses opened."""
    found: list[exp.Expr] = []
    stack = [condition]
    while stack:
        part = stack.pop().unnest()
        if isinstance(part, exp.And):
            stack += [part.expression, part.this]
        else:
            found.append(part)
    return found


def is_condition(node: exp.Expr) -> bool:
    """Whether a node stands where SQL wants TRUE or FALSE: WHERE, HAVING, ON, under AND, OR, NOT, after WHEN."""
    parent = node.parent
    if isinstance(parent, exp.Paren):
        return is_condition(parent)
    if isinstance(parent, exp.And | exp.Or | exp.Not | exp.Where | exp.Having | exp.Qualify):
        return True
    if isinstance(parent, exp.Is):
        return isinstance(parent.expression, exp.Boolean)
    if isinstance(parent, exp.If):
        return node.arg_key == "this" and not _operand(parent)
    return (type(parent), node.arg_key) in {(exp.Join, "on"), (exp.When, "condition"), (exp.Comprehension, "condition")}


def guards(call: Call, root: exp.Expr) -> tuple[exp.Expr, ...]:
    """Conditions under which SQL needs the call's answer at all, within the tree below `root`.

    `a OR x MEANS 'c'` needs one where a is not true; `a AND x MEANS 'c'` where a is not false; a CASE branch where its WHEN holds and no
    earlier one does; an aggregate's argument where every part of its FILTER holds. A row that is guarded out gets NULL for an answer, which
    SQL then never looks at.
    """
    return tuple(_guards(call, root))


def turn(call: Call, root: exp.Expr) -> int:
    """How late to ask: 0 where every row needs the answer, 2 in an aggregate's argument, which waits for its FILTER, else 1."""
    node: exp.Expr = call
    while node is not root and node.parent is not None:
        if isinstance(node.parent, exp.Filter) and node.arg_key == "this":
            return 2
        node = node.parent
    return int(bool(guards(call, root)))


def _guards(call: exp.Expr, root: exp.Expr) -> Iterator[exp.Expr]:
    node = call
    while node is not root and node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.And | exp.Or):
            other = parent.expression if node.arg_key == "this" else parent.this
            yield not_(other, isinstance(parent, exp.Or))
        elif isinstance(parent, exp.Case):
            yield from _case_guards(parent, node)
        elif isinstance(parent, exp.If) and node.arg_key != "this" and (holds := _holds(parent)) is not None:
            yield holds if node.arg_key == "true" else not_(holds, True)
        elif isinstance(parent, exp.Filter) and node.arg_key == "this":
            yield from (part for part in conjuncts(parent.expression.this) if "always" not in part.meta)
        elif isinstance(parent, exp.Anonymous | exp.Coalesce) and parent.name.upper() in {"COALESCE", "IFNULL"}:
            earlier = parent.expressions[: node.index]
            yield from (exp.Is(this=exp.paren(argument.copy()), expression=exp.null()) for argument in earlier)
        node = parent


def _case_guards(case: exp.Case, branch: exp.Expr) -> Iterator[exp.Expr]:
    if branch is case.this:
        return
    for earlier in case.args["ifs"]:
        if earlier is branch:
            return
        if (holds := _holds(earlier)) is not None:
            yield not_(holds, True)


def _holds(branch: exp.If) -> exp.Expr | None:
    """The condition of a branch. Of `CASE x WHEN v THEN …` it is `x = v` where a call answers text and v is a text; other types may compare
    differently there than with =, so None."""
    condition: exp.Expr = branch.this
    if not _operand(branch):
        return condition
    assert branch.parent is not None
    call = branch.parent.this
    if not isinstance(call, Call) or call.operator.returns.upper() != "VARCHAR" or not condition.is_string:
        return None
    return exp.EQ(this=call.copy(), expression=condition.copy())


def _operand(branch: exp.If) -> bool:
    return isinstance(branch.parent, exp.Case) and branch.parent.this is not None


def not_(condition: exp.Expr, value: bool) -> exp.Expr:
    """`condition IS NOT TRUE` (or FALSE): NULL passes both."""
    return exp.Not(this=exp.Is(this=exp.paren(condition.copy()), expression=exp.Boolean(this=value)))
