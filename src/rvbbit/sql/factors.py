"""A question about a pair of texts that follows from one label a text: n questions in place of n × n, and a hash join.

    SELECT a.id, b.id FROM t a, t b WHERE a.x SAME_SENTIMENT b.x
    SELECT a.id, b.id FROM t a, t b WHERE CLASSIFY(a.x, 'positive,negative') = CLASSIFY(b.x, 'positive,negative')

An operator's file says so (`factorize`), and it is a promise that may not hold: so there is also a query for some of the pairs, on which
both can be compared before the first is given up. Comparing them is the engine's. What the labels are, LIMIT, caches and plans know nothing
of it: what was put so is a condition like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from rvbbit.errors import CascadeInvalid, SQLError
from rvbbit.pairwise import pieces
from rvbbit.sql import candidates, describing, rewrite, scopes, sides
from rvbbit.sql.conditions import conjuncts
from rvbbit.sql.dialect import Call
from rvbbit.sql.factored import Factored
from rvbbit.sql.lowering import written
from rvbbit.sql.reading import with_ctes
from rvbbit.sql.sides import Sides
from rvbbit.sql.statements import Hints
from rvbbit.types import Operator

LEFT, RIGHT = "__rv_left", "__rv_right"
"""The two texts of a pair, in a query for some pairs."""
BOTH = "__rv_both"
FIRST = 100_000
"""Pairs that are kept for a LIMIT, at most, where there are more."""
_SLOT = "__rv_slot_"
Many = Literal["", "first", "all"]
_STRICT = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_PLAIN = (Call, exp.Column, exp.Identifier, exp.Literal, exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Sign, exp.Lower, exp.Upper)


@dataclass(frozen=True, slots=True)
class Factoring:
    """How to: `read` parses a statement, `without` are ids of calls that stay as they are.

    `many`: there are too many pairs to keep for a LIMIT. A statement whose own LIMIT takes any rows then reads the `first` FIRST pairs, and
    no other block stops early; or `all` are labelled.
    """

    read: Callable[[str], exp.Expr]
    without: frozenset[int] = frozenset()
    many: Many = ""


def has_factors(statement: exp.Expr) -> bool:
    """Whether any call of a statement may be put so."""
    return any(call.operator.pairs.factors for call in statement.find_all(Call))


def factorize(
    calls: Sequence[Call], hints: dict[int, Hints], factoring: Factoring | None, describe: Callable[[exp.Expr], list[tuple[str, str]]]
) -> tuple[Factored, ...]:
    """Put every such call of two tables so, in place; `hints` learn of the new calls. Raises CascadeInvalid."""
    found: list[Factored] = []
    if factoring is None:
        return ()
    for call in calls:
        id_ = int(call.meta["id"])
        pair = _sides(call, describe) if call.operator.pairs.factors and id_ not in factoring.without and _may(hints[id_]) else None
        if pair is None:
            continue
        block = scopes.block_of(call)
        assert block is not None
        tree = expression(call.operator, call.arguments, factoring.read)
        labels = scopes.calls_in(tree)
        for label in labels:
            new = max(hints) + 1
            hints[new] = hints[id_]
            label.meta.update(id=new, token=call.meta["token"], line=call.meta["line"], column=call.meta["column"])
            rewrite.remember_as_typed(label)
        by = rewrite.as_typed(tree)
        numbers = frozenset(int(label.meta["id"]) for label in labels)
        typed, token = str(call.meta["typed"]), int(call.meta["token"])
        found.append(Factored(id_, token, call.operator, typed, by, numbers, pair, hints[id_], _limit(block)))
        if factoring.many and found[-1].limit is not None:
            block.meta["reads"] = FIRST if factoring.many == "first" and block.parent is None and not block.args.get("order") else 0
        call.replace(exp.paren(strict(tree, call.arguments), copy=False))
        for label in labels:
            rewrite.as_condition(label, hints[id_])
    return tuple(found)


def _may(hints: Hints) -> bool:
    """A target is kept over answers about pairs, and would not be kept by labels that keep it."""
    return hints.factorize is not False and not any((hints.accuracy, hints.precision, hints.recall))


def _sides(call: Call, describe: Callable[[exp.Expr], list[tuple[str, str]]]) -> Sides | None:
    block = scopes.block_of(call)
    if not isinstance(block, exp.Select):
        return None
    try:
        return sides.of(call, block, lambda item: [name for name, _ in describe(describing.item(item, block))])
    except SQLError:
        return None  # it is correlated, and binding says what else may be wrong with it


def _limit(block: exp.Expr) -> int | None:
    if not isinstance(block, exp.Select) or any(block.args.get(clause) for clause in candidates.WHOLE) or not candidates.stops(block):
        return None
    bounds = [block.args[clause].expression for clause in ("limit", "offset") if block.args.get(clause)]
    if not all(isinstance(bound, exp.Literal) and bound.is_int for bound in bounds):
        return None
    return sum(int(bound.name) for bound in bounds) if block.args.get("limit") else 1


def is_short(statement: exp.Expr, rows: int) -> bool:
    """Whether a statement with a LIMIT of its own has fewer rows than that."""
    limit = statement.args.get("limit")
    bound = None if limit is None else limit.expression
    return isinstance(bound, exp.Literal) and bound.is_int and rows < int(bound.name)


def expression(operator: Operator, arguments: Sequence[exp.Expr], read: Callable[[str], exp.Expr]) -> exp.Expr:
    """What an operator's file says its answer follows from, of these arguments. Raises CascadeInvalid."""
    text = "".join(before + ("" if slot is None else f'"{_SLOT}{slot}"') for before, slot in pieces(operator.pairs.factors))
    try:
        tree = read(f"SELECT ({text})")
    except SQLError as error:
        raise _invalid(operator, error.message) from error
    select, given = tree.copy(), {f"{_SLOT}{p.name}": one for p, one in zip(operator.parameters, arguments, strict=True)}
    labels = list(select.find_all(Call))
    if not isinstance(select, exp.Select) or len(select.expressions) != 1 or select.find(exp.From) is not None:
        raise _invalid(operator, "it is one expression, and not a query")
    if not labels:
        raise _invalid(operator, "no operator labels a text in it")
    columns = {column.name for column in select.find_all(exp.Column)}
    for parameter in operator.parameters:
        if f"{_SLOT}{parameter.name}" not in columns:
            raise _invalid(operator, f"does not mention {{{{ {parameter.name} }}}}")
    for label in labels:
        names = {column.name for column in label.find_all(exp.Column)}
        if len(names & set(given)) != 1 or label.operator.shape != "scalar":
            raise _invalid(operator, f"{written(label).replace(_SLOT, '')} is not about one of the two texts")
    for column in list(select.find_all(exp.Column)):
        if column.name not in given or column.table:
            raise _invalid(operator, f"{written(column)} is no argument: write {{{{ {operator.parameters[0].name} }}}}")
        column.replace(given[column.name].copy())
    found = select.expressions[0].unnest()
    assert isinstance(found, exp.Expr)
    return found.pop()


def strict(tree: exp.Expr, arguments: Sequence[exp.Expr]) -> exp.Expr:
    """The same, NULL where a text is NULL, as the operator's own answer would be: a comparison of labels is so by itself."""
    inside = (node for argument in arguments for node in argument.walk())
    plain = {id(node) for node in inside}
    if isinstance(tree, _STRICT) and all(isinstance(node, _PLAIN) or node is tree or id(node) in plain for node in tree.walk()):
        return tree
    there = [exp.Not(this=exp.Is(this=exp.paren(argument.copy()), expression=exp.null())) for argument in arguments]
    return exp.Case(ifs=[exp.If(this=exp.and_(*there, copy=False), true=tree)])


def _invalid(operator: Operator, why: str) -> CascadeInvalid:
    return CascadeInvalid(
        f"operator {operator.name}: factorize: {why}",
        problems=(f"{operator.origin}: sql_function.factorize: {why}",),
        hint="write SQL over both texts, such as \"CLASSIFY({{ a }}, 'x,y') = CLASSIFY({{ b }}, 'x,y')\"; or `-- @ factorize: off`",
    )


def drawn(statement: exp.Expr, factored: Factored, pairs: int, texts: int | None) -> exp.Select | None:
    """The query for some distinct pairs of a statement as it was parsed, the same ones each time. None where it cannot be read alone.

    `texts`: pairs of so many texts of each side, None: of all.
    """
    met = _pairs(statement, factored, texts)
    if met is None:
        return None
    inner, block = met
    inner.set("distinct", exp.Distinct())
    source = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("__rv_p")))
    both = exp.column(LEFT), exp.column(RIGHT)
    symmetric = factored.operator.pairs.symmetric
    ordered = (exp.Least(this=both[0], expressions=[both[1]]), exp.Greatest(this=both[0].copy(), expressions=[both[1].copy()]))
    order = [exp.func("hash", *(ordered if symmetric else both)), exp.column(LEFT), exp.column(RIGHT)]
    query = exp.select(exp.column(LEFT), exp.column(RIGHT)).from_(source).order_by(*order, copy=False).limit(pairs, copy=False)
    return with_ctes(query, block, lambda tree: tree.copy())


def first(statement: exp.Expr, factored: Factored, rows: int) -> exp.Select | None:
    """The query for the pairs of the first rows, to see how many pairs the texts of a statement make."""
    met = _pairs(statement, factored, None)
    return None if met is None else with_ctes(met[0].limit(rows, copy=False), met[1], lambda tree: tree.copy())


def sizes(statement: exp.Expr, factored: Factored) -> exp.Select | None:
    """The query for how many distinct texts each side has, by the conditions on that one alone, and both together. None where it cannot be
    read alone."""
    found = _asked(statement, factored)
    if found is None:
        return None
    call, block = found
    sides_: list[exp.Query] = []
    for argument, side in zip(call.arguments, (factored.sides.left, factored.sides.right), strict=True):
        own = [condition for condition in _conditions(block, factored) if factored.sides.owner(condition) == side]
        sides_.append(_texts(argument, _items(block)[side], own))
    both = exp.Union(this=sides_[0].copy(), expression=sides_[1].copy(), distinct=True)
    counts: list[exp.Expr] = []
    for texts, name in zip([*sides_, both], (LEFT, RIGHT, BOTH), strict=True):
        source = exp.Subquery(this=texts, alias=exp.TableAlias(this=exp.to_identifier("__rv_t")))
        counted = exp.select(exp.Count(this=exp.Star())).from_(source, copy=False)
        counts.append(exp.alias_(exp.Subquery(this=counted), name, copy=False))
    return with_ctes(exp.Select(expressions=counts), block, lambda tree: tree.copy())


def _asked(statement: exp.Expr, factored: Factored) -> tuple[Call, exp.Select] | None:
    """The question in a statement as it was parsed, and the block that it stands in; None where its sides cannot be read alone."""
    found = [c for c in statement.find_all(Call) if c.meta["token"] == factored.token and c.operator.name == factored.operator.name]
    block = scopes.block_of(found[0]) if found else None
    if not isinstance(block, exp.Select) or not {factored.sides.left, factored.sides.right} <= set(_items(block)):
        return None
    return found[0], block


def _conditions(block: exp.Select, factored: Factored) -> list[exp.Expr]:
    """The cheap conditions of WHERE."""
    where = block.args.get("where")
    cheap = [part for part in conjuncts(where.this) if part.find(Call) is None] if where is not None else []
    hidden = {join.this.alias_or_name.lower() for join in block.args.get("joins") or [] if _is_filter(join)}
    return [_qualified(part, factored.sides, hidden) for part in cheap]


def _pairs(statement: exp.Expr, factored: Factored, texts: int | None) -> tuple[exp.Select, exp.Expr] | None:
    """The pairs that meet in some row, by the cheap conditions alone, and the block that the question stands in."""
    asked = _asked(statement, factored)
    if asked is None:
        return None
    call, block = asked
    arguments = call.arguments
    inner = exp.Select(expressions=[exp.alias_(arguments[0].copy(), LEFT), exp.alias_(arguments[1].copy(), RIGHT)])
    inner.set("from_", block.args["from_"].copy())
    joins = block.args.get("joins") or []
    inner.set("joins", [_plain(join, call) for join in joins if _matters(join, call)])
    conditions = _conditions(block, factored)
    parts = [*conditions, exp.NEQ(this=exp.paren(arguments[0].copy()), expression=exp.paren(arguments[1].copy()))]
    if texts is not None:
        for argument, name in zip(arguments, (factored.sides.left, factored.sides.right), strict=True):
            own = [condition for condition in conditions if factored.sides.owner(condition) == name]
            few = _first_texts(argument, _items(block)[name], own, texts)
            parts.append(exp.In(this=exp.paren(argument.copy()), query=exp.Subquery(this=few)))
    for part in parts:
        inner = inner.where(exp.paren(part.copy(), copy=False), copy=False)
    return inner, block


def _items(block: exp.Expr) -> dict[str, exp.Expr]:
    return {item.alias_or_name.lower(): item for item in scopes.sources(block)}


def _is_filter(join: exp.Expr) -> bool:
    """SEMI and ANTI: the columns of its table are seen in its ON alone."""
    return str(join.args.get("kind") or "").upper() in {"SEMI", "ANTI"}


def _asks(join: exp.Expr, call: Call) -> bool:
    return any(node is call for node in join.find_all(Call))


def _matters(join: exp.Expr, call: Call) -> bool:
    """An ANTI JOIN for another question's sake, which is not asked here, would leave no rows."""
    return _asks(join, call) or not _is_filter(join) or join.find(Call) is None


def _qualified(condition: exp.Expr, sides: Sides, hidden: set[str]) -> exp.Expr:
    """A condition of WHERE in which no column could be one of the tables that it does not see; those in a subquery stay as they are."""
    copied = condition.copy()
    for column in copied.find_all(exp.Column) if hidden else ():
        having = [table for table, names in sides.columns if column.name.lower() in names and table not in hidden]
        if not column.table and len(having) == 1 and column.find_ancestor(exp.Select) is None:
            column.set("table", exp.to_identifier(having[0], quoted=True))
    return copied


def _plain(join: exp.Expr, call: Call) -> exp.Expr:
    """A join without the questions in its ON; where it keeps or drops rows by the question itself, all the pairs that it is asked about."""
    copied = join.copy()
    if _is_filter(join) and _asks(join, call):
        copied.set("kind", None)
    on = copied.args.get("on")
    if on is not None and on.find(Call) is not None:
        kept = [part for part in conjuncts(on) if part.find(Call) is None]
        copied.set("on", exp.and_(*kept) if kept else exp.true())
    return copied


def _first_texts(argument: exp.Expr, item: exp.Expr, conditions: Sequence[exp.Expr], count: int) -> exp.Select:
    """So many distinct texts of one side, in an order that says nothing of them."""
    query = _texts(argument, item, conditions)
    return query.order_by(exp.func("hash", argument.copy()), argument.copy(), copy=False).limit(count, copy=False)


def _texts(argument: exp.Expr, item: exp.Expr, conditions: Sequence[exp.Expr]) -> exp.Select:
    """The distinct texts of one side."""
    query = exp.Select(expressions=[argument.copy()]).from_(item.copy(), copy=False)
    for condition in (*conditions, exp.Not(this=exp.Is(this=exp.paren(argument.copy()), expression=exp.null()))):
        query = query.where(exp.paren(condition.copy(), copy=False), copy=False)
    return query.group_by(argument.copy(), copy=False)


def compared(operator: Operator, relation: str, read: Callable[[str], exp.Expr], *, labels: bool) -> exp.Expr:
    """`SELECT left, right, answer` of the pairs in a relation, by the labels or by the operator itself."""
    texts = [exp.column(LEFT), exp.column(RIGHT)]
    if labels:
        tree = strict(expression(operator, texts, read), texts)
        for call in tree.find_all(Call):
            call.meta.update(line=1, column=1, token=0)
    else:
        tree = Call(this=operator.name, expressions=[text.copy() for text in texts])
        tree.meta.update(operator=operator, line=1, column=1, token=0)
    return exp.select(*(text.copy() for text in texts), exp.alias_(tree, "answer", copy=False)).from_(relation)
