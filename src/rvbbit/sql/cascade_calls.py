"""`CASCADE('cascade_id', {'text': body, 'language': 'German'})`: any cascade as a call, its inputs as the call's arguments.

Each input is an argument of its own, so equal inputs are asked once and a NULL in one that is needed asks nothing, as everywhere.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from rvbbit.errors import CascadeInvalid, SQLError, UnknownOperator
from rvbbit.sql.call import Call
from rvbbit.types import Operator

NAME = "CASCADE"
CASCADES = Mapping[str, "Operator | str"]
"""By id: what a cascade takes and gives; for one whose file cannot be used, what is wrong with it."""


def call(node: exp.Anonymous, cascades: CASCADES, token: Token) -> Call:
    """The call that a function call of that name stands for. Raises UnknownOperator, CascadeInvalid, SQLError, each with its place."""
    place = {"line": token.line, "column": token.col - len(token.text) + 1}
    arguments = list(node.expressions)
    if not 1 <= len(arguments) <= 2 or not arguments[0].is_string:
        hint = "write CASCADE('cascade_id', {'input': value, …})"
        raise SQLError("CASCADE takes a cascade's id, as text in quotes, and its inputs", hint=hint, **place)
    id_ = arguments[0].name
    operator = _found(id_, cascades, place)
    given = _inputs(arguments[1], id_, place) if len(arguments) == 2 else {}
    names = [parameter.name for parameter in operator.parameters]
    for name in given:
        if name not in names:
            hint = f"its inputs are {', '.join(names) or 'none'}"
            raise SQLError(f"cascade {id_} has no input {name!r}{_nearest(name, names)}", hint=hint, **place)
    made = Call(this=operator.name, expressions=[_argument(operator, parameter, given, place) for parameter in operator.parameters])
    made.meta.update(operator=operator, token=token.start, cascade=id_, **place)
    return made


def spelled(node: Call, given: list[str]) -> str:
    """The call as it was written; `given` are the values of what was."""
    names = [
        parameter.name
        for parameter, argument in zip(node.operator.parameters, node.arguments, strict=True)
        if not argument.meta.get("left_out")
    ]
    inside = ", ".join(f"'{name}': {value}" for name, value in zip(names, given, strict=True))
    return f"CASCADE('{node.meta['cascade']}', {{{inside}}})"


def _found(id_: str, cascades: CASCADES, place: Mapping[str, Any]) -> Operator:
    found = cascades.get(id_)
    if found is None:
        raise UnknownOperator(
            f"no cascade {id_!r}{_nearest(id_, list(cascades))}", hint="`rvbbit operators list` shows all that SQL can call", **place
        )
    if isinstance(found, str):
        raise CascadeInvalid(found, problems=(found,), hint="correct the file; it is read again at the next query")
    return found


def _inputs(value: exp.Expr, id_: str, place: Mapping[str, Any]) -> dict[str, exp.Expr]:
    """The values by name of `{'a': 1}`, `MAP {'a': 1}` or `struct_pack(a := 1)`."""
    struct = value.this if isinstance(value, exp.ToMap) else value
    packed = isinstance(struct, exp.Anonymous) and struct.name.upper() == "STRUCT_PACK"
    pairs = struct.expressions if isinstance(struct, exp.Struct) or packed else None
    if pairs is None or not all(isinstance(pair, exp.PropertyEQ) for pair in pairs):
        hint = f"write CASCADE('{id_}', {{'input': value, …}})"
        raise SQLError(f"CASCADE wants the inputs of {id_} by name: a struct or map written out", hint=hint, **place)
    given: dict[str, exp.Expr] = {}
    for pair in pairs:
        if pair.name in given:
            raise SQLError(f"input {pair.name!r} of cascade {id_} is given twice", **place)
        given[pair.name] = pair.expression
    return given


def _argument(operator: Operator, parameter: Any, given: Mapping[str, exp.Expr], place: Mapping[str, Any]) -> exp.Expr:
    if parameter.name in given:
        return given[parameter.name]
    if not parameter.optional:
        what = f" ({parameter.description})" if parameter.description else ""
        raise SQLError(f"cascade {operator.cascade_id} needs the input {parameter.name}{what}", **place)
    default: exp.Expr = exp.convert(parameter.default)
    default.meta["left_out"] = True
    return default


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
