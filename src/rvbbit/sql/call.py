"""One use of an operator in a statement, as a node of its syntax tree."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp

from rvbbit.types import Operator


class Call(exp.Expression, exp.Func):
    """One use of an operator. `expressions` holds one node for each of its parameters, in order.

    Meta: `operator` (types.Operator), `line`, `column` (from 1), `token` (its place among the statement's tokens), `written` (the symbol it
    was written with, where it was one).
    """

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "expressions": False}

    @property
    def operator(self) -> Operator:
        """The operator called."""
        operator: Operator = self.meta["operator"]
        return operator

    @property
    def given(self) -> list[exp.Expression]:
        """Those of them that were written."""
        return [argument for argument in self.arguments if not argument.meta.get("left_out")]

    @property
    def is_distinct(self) -> bool:
        """Whether an aggregate is of distinct values."""
        return bool(self.meta.get("distinct"))

    @property
    def arguments(self) -> list[exp.Expression]:
        """One a parameter, in the operator's order."""
        return list(self.expressions)
