"""A cascade file → a Cascade, or every problem in it at once as `file:line: key: what is wrong`; whatever the file holds, no traceback."""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rvbbit.cascades import callables, checks, spec, yamltext
from rvbbit.cascades.inputs import Inputs, nearest
from rvbbit.cascades.spec import CascadeSpec, SQLFunction
from rvbbit.cascades.sqltypes import shown
from rvbbit.cascades.yamltext import Document, Path, Problem, key_of
from rvbbit.errors import CascadeInvalid
from rvbbit.pairwise import Pairs
from rvbbit.types import Operator, Parameter


@dataclass(frozen=True, slots=True)
class Cascade:
    """A cascade that loaded. `origin` is the file it came from; `yaml` is its text; `fingerprint` changes with anything it says."""

    spec: CascadeSpec
    origin: str
    yaml: str
    fingerprint: str
    inputs: Inputs = field(compare=False)

    @property
    def id(self) -> str:
        return self.spec.cascade_id

    @property
    def operator(self) -> Operator | None:
        """What SQL sees of it; None where it has no `sql_function`."""
        function = self.spec.sql_function
        return as_operator(function, self.id, self.spec.description, self.origin) if function else None

    def as_call(self) -> Operator:
        """What CASCADE('id', …) sees of it: every input is a parameter, and there is one answer a row."""
        return callables.as_call(self.spec, self.inputs, self.operator, self.origin)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file. `cascade` is None where there are problems; `id` and `operator` are what can be known even then."""

    origin: str
    cascade: Cascade | None
    problems: tuple[str, ...] = ()
    id: str | None = None
    operator: Operator | None = None
    yaml: str = ""

    def require(self) -> Cascade:
        """The cascade. Raises CascadeInvalid with all problems."""
        if self.cascade is None:
            raise invalid(self.problems)
        return self.cascade


def invalid(problems: Sequence[str]) -> CascadeInvalid:
    """The error for a list of problems: its message is the first, and says how many more there are."""
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return CascadeInvalid(problems[0] + more, problems=tuple(problems), hint="correct the file; it is read again at the next query")


def load_file(path: pathlib.Path, origin: str | None = None) -> Loaded:
    """One file from disk. `origin` is how messages name it, its path if not given."""
    name = origin or str(path)
    try:
        with path.open("rb") as file:
            content = file.read(yamltext.LARGEST + 1)
    except OSError as error:
        return Loaded(name, None, (f"{name}:1: (file): cannot be read: {error.strerror}",))
    if len(content) > yamltext.LARGEST:
        return Loaded(name, None, (f"{name}:1: (file): is larger than {yamltext.LARGEST:,} bytes; is it a cascade?",))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Loaded(name, None, (f"{name}:{line}: (file): is not UTF-8 text",))
    return load_text(text, name)


def load_text(text: str, origin: str = "<text>") -> Loaded:
    """One file's text."""
    document = yamltext.read(text)
    problems = list(document.problems)
    parsed, found = _validate(document)
    problems += found
    if parsed is not None and not problems:
        cascade = _cascade(parsed, origin, text)
        return Loaded(origin, cascade, (), parsed.cascade_id, cascade.operator, text)
    lines = sorted(dict.fromkeys((p.line, f"{origin}:{p.line}: {p.key}: {p.what}") for p in problems), key=lambda pair: pair[0])
    return Loaded(origin, None, tuple(line for _, line in lines), *_known(document.data, origin), text)


def as_operator(function: SQLFunction, cascade_id: str, description: str, origin: str) -> Operator:
    """The `sql_function` section as the SQL room takes it."""
    parameters = tuple(
        Parameter(arg.name, arg.type, arg.may_be_left_off, arg.default, arg.description, arg.over or "", arg.min) for arg in function.args
    )
    return Operator(
        name=function.name,
        cascade_id=cascade_id,
        patterns=function.operators,
        parameters=parameters,
        returns=function.returns,
        shape=function.shape,
        threshold=function.threshold,
        description=description,
        origin=origin,
        descending=function.descending,
        group_by=function.group_by or "",
        pairs=Pairs(function.symmetric, function.reflexive, function.blocking is not None, function.factorize or ""),
    )


def _cascade(parsed: CascadeSpec, origin: str, text: str) -> Cascade:
    body = json.dumps(parsed.model_dump(mode="json", by_alias=True), sort_keys=True)
    digest = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
    return Cascade(parsed, origin, text, digest, Inputs.of(parsed))


def _known(data: Any, origin: str) -> tuple[str | None, Operator | None]:
    """The id and operator of a broken file, where those parts of it are sound: so that using it can say what is wrong."""
    if not isinstance(data, Mapping) or not isinstance(data.get("cascade_id"), str):
        return None, None
    try:
        function = SQLFunction.model_validate(data.get("sql_function"))
    except ValidationError:
        return data["cascade_id"], None
    sound = not any(checks.function_problems(function))
    return data["cascade_id"], as_operator(function, data["cascade_id"], "", origin) if sound else None


def _validate(document: Document) -> tuple[CascadeSpec | None, list[Problem]]:
    """The model, and every problem: those of single keys first, then those between keys, as far as the rest allows them to be seen."""
    data = document.data
    if data is None:
        return None, []
    if not isinstance(data, dict):
        return None, [Problem(1, "(file)", "is not a mapping of keys such as cascade_id and cells")]
    try:
        parsed = CascadeSpec.model_validate(data)
    except ValidationError as error:
        # pydantic calls a list too short when its items failed: those have errors of their own
        details = [one for one in error.errors(include_url=False) if one["type"] != "too_short" or not one["input"]]
        return None, [*_explained(details, document), *_between_keys_despite(details, document)]
    return parsed, list(checks.problems(parsed, document))


def _between_keys_despite(details: Sequence[ErrorDetails], document: Document) -> Iterator[Problem]:
    """Problems between keys in a file that has others too: looked for with the bad keys left out."""
    paths = [_key(_path(detail)) for detail in details]
    if any(path[:1] == ("inputs_schema",) or path[:2] == ("sql_function", "args") for path in paths):
        return  # which inputs there are is not known, so neither is what is missing
    try:
        rest = CascadeSpec.model_validate(_without(document.data, set(paths)))
    except ValidationError:
        return
    yield from checks.problems(rest, document)


def _key(path: Path) -> Path:
    """The key a path ends in: an item of a list is left out with its whole list, so that no other item changes its place."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _without(value: Any, paths: set[Path], path: Path = ()) -> Any:
    if isinstance(value, dict):
        return {key: _without(inner, paths, (*path, key)) for key, inner in value.items() if (*path, key) not in paths}
    if isinstance(value, list):
        return [_without(inner, paths, (*path, index)) for index, inner in enumerate(value)]
    return value


def _path(detail: ErrorDetails) -> Path:
    """Where pydantic's error stands in the file: its location without the tag of the cell's kind."""
    location: Path = tuple(detail["loc"])
    return location[:2] + location[3:] if location[:1] == ("cells",) and len(location) > 2 else location


def _explained(details: Sequence[ErrorDetails], document: Document) -> Iterator[Problem]:
    for detail in details:
        path = _path(detail)
        yield Problem(document.line(path), key_of(path), _what(detail, path, document.data))


def _what(detail: ErrorDetails, path: Path, data: Any) -> str:
    kind = detail["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden" and path[-1] in spec.KINDS:
        return f"a cell is one of {', '.join(spec.KINDS)}; this one has {spec.kind_of(data['cells'][path[1]])} already"
    if kind == "extra_forbidden":
        known = _known_keys(path, data)
        return f"unknown key{nearest(str(path[-1]), known) or '; known are ' + ', '.join(known)}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind in _MUST_BE:
        return f"must be {_MUST_BE[kind]}, not {shown(detail['input'])}"
    if kind in ("string_pattern_mismatch", "string_too_short"):
        return _PATTERNS.get(str(path[-1]), f"{shown(detail['input'])} is not a name: letters, digits and _ only")
    expected = detail["msg"].removeprefix("Input ")
    return f"{expected[:1].lower()}{expected[1:]}, not {shown(detail['input'])}"


_MUST_BE = {
    "bool_type": "true or false",
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "too_short": "at least one step",
}

_PATTERNS = {
    "model": "a model is written provider:model, such as local:minilm or openai:gpt-4o-mini",
    "cascade_id": "an id has letters, digits, _, - and . only",
    "python": "a function is written package.module.function",
    "instructions": "is empty",
    "system": "is empty",
    "sql": "is empty",
    "jinja": "is empty",
    "evaluator": "is empty",
}


def _known_keys(path: Path, data: Any) -> list[str]:
    """The keys that may stand where `path` ends."""
    section = path[:-1]
    model: type[BaseModel] = CascadeSpec
    if section[:1] == ("cells",):
        model = spec.KINDS[spec.kind_of(data["cells"][section[1]])]
        section = section[2:]
    for part in section:
        model = _SECTIONS.get(str(part), model)
    return [info.alias or name for name, info in model.model_fields.items()]


_SECTIONS: Mapping[str, type[BaseModel]] = {
    "sql_function": SQLFunction,
    "args": spec.Arg,
    "test_cases": spec.TestCase,
    "rules": spec.Rules,
    "wards": spec.Ward,
    "takes": spec.Takes,
    "reduce": spec.Reduce,
    "local": spec.Local,
}
