"""What no single key can show: patterns against arguments, templates against inputs and earlier cells, schemas against types.

Each check yields (path, what); `problems` gives them their lines. None of them runs anything of the cascade's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rvbbit.cascades import inputs, patterns, schemas, sqltypes
from rvbbit.cascades.inputs import nearest
from rvbbit.cascades.references import Names, cell_references
from rvbbit.cascades.spec import CascadeSpec, LLMCell, SQLFunction
from rvbbit.cascades.yamltext import Document, Path, Problem, key_of
from rvbbit.pairwise import pieces

Found = Iterator[tuple[Path, str]]

_KNOWN_TYPES = f"; known are {', '.join(sqltypes.NAMES)}, lists T[] and STRUCT(name T, …)"


def problems(spec: CascadeSpec, document: Document) -> Iterator[Problem]:
    """Everything wrong between the keys of a file whose keys are each right."""
    for path, what in _all(spec):
        yield Problem(document.line(path), key_of(path), what)
    if not any(_inputs(spec)):
        for mention in _mentions(spec):
            yield Problem(document.body(mention.path) + mention.line - 1, key_of(mention.path), mention.what)


def function_problems(function: SQLFunction) -> Found:
    """What is wrong within `sql_function` alone."""
    top: Path = ("sql_function",)
    if function.name.upper() in patterns.KEYWORDS:
        yield (*top, "name"), f"{function.name.upper()} is a SQL keyword"
    yield from _types(function, top)
    yield from _argument_order(function, top)
    yield from _aggregate(function, top)
    names = [arg.name for arg in function.args]
    required = [arg.name for arg in function.args if not arg.may_be_left_off]
    given = [arg.name for arg in function.args if arg.over is None]
    for index, pattern in enumerate(function.operators):
        for what in patterns.problems(pattern, given, required):
            yield (*top, "operators", index), what
    if function.threshold is not None and function.returns.upper() not in ("DOUBLE", "FLOAT", "REAL"):
        yield (*top, "threshold"), f"only a score has a threshold, and this returns {function.returns}"
    yield from _promises(function, top)
    for index, case in enumerate(function.test_cases):
        for what in _misfits(case.args, names, required):
            yield (*top, "test_cases", index, "args"), what


def _promises(function: SQLFunction, top: Path) -> Found:
    """Promises about pairs of texts, made by what is not asked about one."""
    first = [arg.type.upper() for arg in function.args[:2] if not arg.may_be_left_off]
    for key in ("symmetric", "reflexive", "blocking"):
        if not getattr(function, key):
            continue
        if first != ["VARCHAR", "VARCHAR"]:
            yield (*top, key), "it is about two arguments of type VARCHAR that cannot be left off, and those must come first"
        elif key != "symmetric" and function.returns.upper() != "BOOLEAN":
            yield (*top, key), f"only an operator that returns BOOLEAN can promise this, and this returns {function.returns}"


def _factors(function: SQLFunction, factors: str) -> Iterator[str]:
    if [arg.type.upper() for arg in function.args] != ["VARCHAR", "VARCHAR"] or function.returns.upper() != "BOOLEAN":
        yield "it is about two arguments of type VARCHAR and no others, of an operator that returns BOOLEAN"
        return
    names = [arg.name for arg in function.args]
    slots = [slot for _, slot in pieces(factors) if slot is not None]
    for slot in slots:
        if slot not in names:
            yield f"{{{{ {slot} }}}} is no argument{nearest(slot, names) or '; there are ' + ', '.join(names)}"
    for name in names:
        if name not in slots:
            yield f"does not mention {{{{ {name} }}}}: it is SQL over both texts, such as f({{{{ {names[0]} }}}}) = f({{{{ {names[1]} }}}})"


def _types(function: SQLFunction, top: Path) -> Found:
    spelled = [((*top, "args", index, "type"), arg.type) for index, arg in enumerate(function.args)]
    for path, text in [*spelled, ((*top, "returns"), function.returns)]:
        try:
            sqltypes.parse(text)
        except ValueError as error:
            yield path, f"{error}{nearest(text.upper(), sqltypes.NAMES) or _KNOWN_TYPES}"


def _argument_order(function: SQLFunction, top: Path) -> Found:
    seen: set[str] = set()
    optional = False
    for index, arg in enumerate(function.args):
        if arg.name in seen:
            yield (*top, "args", index, "name"), f"{arg.name!r} is declared twice"
        if optional and not arg.may_be_left_off:
            yield (*top, "args", index), f"{arg.name!r} cannot be left off but stands after one that can"
        seen.add(arg.name)
        optional = optional or arg.may_be_left_off


def _aggregate(function: SQLFunction, top: Path) -> Found:
    """What only aggregates can do, and what they must."""
    aggregate = function.shape == "aggregate"
    if aggregate and not (function.args and function.args[0].type.strip().endswith("[]")):
        yield (*top, "args"), "an aggregate's first argument is the list of the group's values: give it a list type, such as VARCHAR[]"
    if aggregate and function.threshold is not None:
        yield (*top, "threshold"), "only a score of a row has a threshold"
    if function.group_by is not None and not aggregate:
        yield (*top, "group_by"), "only an aggregate has another operator that stands for it in GROUP BY"
    for index, pattern in enumerate(function.operators):
        if aggregate and pattern.lstrip().startswith("{{"):
            yield (*top, "operators", index), "an aggregate is written as a function: NAME({{ a }}, {{ b }})"
    for index, arg in enumerate(function.args):
        if arg.over is not None and (index == 0 or aggregate):
            yield (*top, "args", index, "over"), "only a later argument of a scalar operator is asked over the block's values"


def _misfits(given: Mapping[str, Any], names: list[str], required: list[str]) -> Iterator[str]:
    for name in given:
        if name not in names:
            yield f"unknown argument {name!r}{nearest(name, names)}"
    for name in required:
        if name not in given:
            yield f"argument {name!r} is missing"


def _all(spec: CascadeSpec) -> Found:
    if spec.sql_function is not None:
        yield from function_problems(spec.sql_function)
        if (factors := spec.sql_function.factorize) is not None:
            yield from ((("sql_function", "factorize"), what) for what in _factors(spec.sql_function, factors))
        yield from _answer(spec)
    yield from _inputs(spec)
    taken = set(_input_names(spec))
    for index, cell in enumerate(spec.cells):
        if cell.name in taken:
            yield ("cells", index, "name"), f"{cell.name!r} is already the name of an input or an earlier cell"
        taken.add(cell.name)
        if isinstance(cell, LLMCell):
            yield from _schemas(cell, index)
            if cell.reduce is not None and cell.takes is not None:
                yield ("cells", index, "reduce"), "a list asked about in parts has one answer a part: leave out `takes`"


def _inputs(spec: CascadeSpec) -> Found:
    top: Path = ("inputs_schema",)
    declared = spec.inputs_schema["properties"] if inputs.is_json_schema(spec.inputs_schema) else spec.inputs_schema
    for name, schema in declared.items():
        path = (*top, "properties", name) if inputs.is_json_schema(spec.inputs_schema) else (*top, name)
        if not name.isidentifier():
            yield path, f"{name!r} is not a name: letters, digits and _ only"
        if isinstance(schema, str):
            continue
        if not isinstance(schema, dict):
            yield path, "an input is a description or a JSON Schema"
            continue
        yield from ((path + inner, what) for inner, what in schemas.problems(schema))
        args = {arg.name for arg in spec.sql_function.args} if spec.sql_function else {name}
        if name not in args and "default" not in schema and spec.sql_function:
            yield path, f"SQL cannot give {name!r}: it is not among the sql_function's args and has no default"


def _input_names(spec: CascadeSpec) -> list[str]:
    declared = spec.inputs_schema["properties"] if inputs.is_json_schema(spec.inputs_schema) else spec.inputs_schema
    return [*(arg.name for arg in spec.sql_function.args), *declared] if spec.sql_function else list(declared)


def _schemas(cell: LLMCell, index: int) -> Found:
    if cell.output_schema is not None:
        found = schemas.problems(schemas.with_lists(cell.output_schema, lambda name: ["a list"]))
        yield from ((("cells", index, "output_schema", *inner), what) for inner, what in found)
    for number, ward in enumerate(cell.wards):
        if ward.schema_ is not None:
            yield from ((("cells", index, "wards", number, "schema", *inner), what) for inner, what in schemas.problems(ward.schema_))


def _answer(spec: CascadeSpec) -> Found:
    """Whether the last cell can answer what SQL is promised."""
    last = spec.cells[-1]
    if spec.sql_function is None or not isinstance(last, LLMCell):
        return
    path: Path = ("cells", len(spec.cells) - 1, "output_schema")
    returns = spec.sql_function.returns
    try:
        wanted = schemas.json_types(sqltypes.parse(returns))
    except ValueError:
        return
    given = last.output_schema.get("type") if last.output_schema is not None else "string"
    if wanted and isinstance(given, str) and given not in wanted:
        said = f"answers {given}" if last.output_schema is not None else "answers text"
        yield path, f"the last cell {said}, but the operator returns {returns}: output_schema must have type {' or '.join(sorted(wanted))}"


def _mentions(spec: CascadeSpec) -> Iterator[Any]:
    """Names in templates, SQL and `local:` that stand for nothing, and arguments that nothing mentions."""
    names = Names(tuple(dict.fromkeys(_input_names(spec))))
    used: set[str] = set()
    for index, cell in enumerate(spec.cells):
        found = cell_references(cell, index, names)
        used |= found.inputs
        yield from found.problems
        names = names.after(cell.name)
    yield from names.unused(spec, used)
