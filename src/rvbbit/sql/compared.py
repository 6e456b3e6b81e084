"""What an answer cannot be equal to, or is taken for and is not: DuckDB would find out, or nobody would, after every row was paid for."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from sqlglot import exp

from rvbbit.errors import TypeMismatch
from rvbbit.sql.call import Call
from rvbbit.sql.lowering import written
from rvbbit.sql.typecheck import NUMBERS

BOOLEAN_ONLY = frozenset({"BOOL_AND", "BOOL_OR", "COUNT_IF", "COUNTIF"})
"""DuckDB's functions that take TRUE and FALSE alone."""
LABELLED = "labels"
"""The parameter of CLASSIFY whose answer is one of what is given for it."""
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In)


def check(call: Call) -> None:
    """Refuse `SENTIMENT(x) = 'negative'` before anything is asked. Raises TypeMismatch."""
    compared = _around(call)
    if not isinstance(compared, _COMPARISONS) or not _is_numeric(call):
        return
    for other in _sides(compared):
        if isinstance(other, exp.Literal) and other.is_string and not _is_number(other.name):
            raise TypeMismatch(
                f"{call.operator.name.upper()} gives a {call.operator.returns}, which is never {other.sql(dialect='duckdb')}",
                hint="compare it with a number; for labels write CLASSIFY(x, 'one,another')",
                line=call.meta["line"],
                column=call.meta["column"],
            )


def check_boolean(call: Call) -> None:
    """Refuse a number where a function takes TRUE and FALSE alone, `bool_or(x ABOUT 'c')`. Raises TypeMismatch."""
    around = _around(call)
    function = around.parent if isinstance(around, exp.Distinct) else around
    if isinstance(function, exp.Anonymous) and function.name.upper() in BOOLEAN_ONLY and _is_numeric(call):
        raise _not_boolean(call, f"{function.name} takes TRUE or FALSE")


def refuse_number(call: Call) -> None:
    """Refuse a number that stands as a condition and has no threshold: each but 0 would be TRUE. Raises TypeMismatch."""
    if _is_numeric(call):
        raise _not_boolean(call, "a condition is TRUE or FALSE")


def _not_boolean(call: Call, wanted: str) -> TypeMismatch:
    threshold = call.operator.threshold
    comparison = "> 0" if threshold is None else f">= {threshold:g}"
    return TypeMismatch(
        f"{wanted}; {call.operator.name.upper()} gives a {call.operator.returns}",
        hint=f"compare it: {written(call).replace('$p_', '$')} {comparison}",
        line=call.meta["line"],
        column=call.meta["column"],
    )


def notices(statement: exp.Expr) -> tuple[str, ...]:
    """What to tell of comparisons of CLASSIFY with what is none of its labels, a line each."""
    return tuple(dict.fromkeys(line for call in statement.find_all(Call) for line in _not_labels(call)))


def _not_labels(call: Call) -> Iterator[str]:
    compared = _around(call)
    labels = _labels(call)
    if not labels or not isinstance(compared, exp.EQ | exp.NEQ | exp.In):
        return
    if isinstance(compared, exp.In) and (compared.this.unnest() is not call or any(compared.args.get(arg) for arg in ("query", "unnest"))):
        return
    for other in _sides(compared):
        if isinstance(other, exp.Literal) and other.is_string and other.name not in labels:
            folded = {label.casefold(): label for label in labels}
            near = difflib.get_close_matches(other.name.strip().casefold(), folded, n=1)
            told = f"did you mean {_quoted(folded[near[0]])}?" if near else f"they are {', '.join(map(_quoted, labels))}"
            yield f"{call.operator.name.upper()} never answers {_quoted(other.name)}, which is none of its labels: {told}"


def _labels(call: Call) -> list[str]:
    """The labels that are written out, of a call that answers with one of them; none where they vary."""
    operator = call.operator
    if operator.name.lower() != "classify" or operator.returns.upper() != "VARCHAR":
        return []
    named = {parameter.name: argument.unnest() for parameter, argument in zip(operator.parameters, call.arguments, strict=True)}
    given = named.get(LABELLED)
    if isinstance(given, exp.Literal) and given.is_string:
        return [part.strip() for part in given.name.split(",") if part.strip()]
    parts = [part.unnest() for part in given.expressions] if isinstance(given, exp.Array) else []
    return [part.name for part in parts] if all(isinstance(part, exp.Literal) and part.is_string for part in parts) else []


def _quoted(text: str) -> str:
    return exp.Literal.string(text).sql(dialect="duckdb")


def _around(call: Call) -> exp.Expr | None:
    """What a call stands in, parentheses left out."""
    around = call.parent
    while isinstance(around, exp.Paren):
        around = around.parent
    return around


def _sides(compared: exp.Expr) -> list[exp.Expr]:
    others = compared.expressions if isinstance(compared, exp.In) else [compared.this, compared.expression]
    return [one.unnest() for one in others]


def _is_numeric(call: Call) -> bool:
    returns = call.operator.returns.upper()
    return returns.startswith(NUMBERS) and not returns.endswith("]")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
