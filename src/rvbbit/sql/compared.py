"""A number compared with a text that is none: DuckDB would find out after every row was asked and paid for."""

from __future__ import annotations

from sqlglot import exp

from rvbbit.errors import TypeMismatch
from rvbbit.sql.call import Call
from rvbbit.sql.typecheck import NUMBERS

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In)


def check(call: Call) -> None:
    """Refuse `SENTIMENT(x) = 'negative'` before anything is asked. Raises TypeMismatch."""
    compared = call.parent
    while isinstance(compared, exp.Paren):
        compared = compared.parent
    if not isinstance(compared, _COMPARISONS) or not call.operator.returns.upper().startswith(NUMBERS):
        return
    others = compared.expressions if isinstance(compared, exp.In) else [compared.this, compared.expression]
    for other in (one.unnest() for one in others):
        if isinstance(other, exp.Literal) and other.is_string and not _is_number(other.name):
            raise TypeMismatch(
                f"{call.operator.name.upper()} gives a {call.operator.returns}, which is never {other.sql(dialect='duckdb')}",
                hint="compare it with a number; for labels write CLASSIFY(x, 'one,another')",
                line=call.meta["line"],
                column=call.meta["column"],
            )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
