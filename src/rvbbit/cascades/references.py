"""Which inputs and earlier outputs a cell mentions, and which mentions stand for nothing. It looks at templates and never renders one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from jinja2 import TemplateSyntaxError, nodes

from rvbbit.cascades import schemas, sqlparams, templates
from rvbbit.cascades.inputs import nearest
from rvbbit.cascades.spec import CascadeSpec, LLMCell, PythonCell, SQLCell
from rvbbit.cascades.yamltext import Path


@dataclass(frozen=True, slots=True)
class Mention:
    """Something wrong inside a text: `line` counts from 1 within it."""

    path: Path
    line: int
    what: str


@dataclass(slots=True)
class Found:
    """What a cell mentions."""

    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    problems: list[Mention] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Names:
    """What may be mentioned at some cell."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...] = ()

    def after(self, cell: str) -> Names:
        return Names(self.inputs, (*self.outputs, cell))

    def unused(self, spec: CascadeSpec, used: set[str]) -> Iterator[Mention]:
        """Arguments that no cell mentions: every row would be asked the same. They may be for what is asked over the block."""
        if spec.sql_function is not None and any(arg.over for arg in spec.sql_function.args):
            return
        for index, arg in enumerate(spec.sql_function.args if spec.sql_function else ()):
            if arg.name not in used and arg.name in self.inputs:
                yield Mention(("sql_function", "args", index, "name"), 1, f"no cell uses the argument {arg.name!r}")


def cell_references(cell: LLMCell | SQLCell | PythonCell, index: int, names: Names) -> Found:
    """Everything the cell mentions, in all its texts."""
    found = Found()
    path: Path = ("cells", index)
    if isinstance(cell, SQLCell):
        _sql(cell.sql, (*path, "sql"), names, found, ())
    elif isinstance(cell, PythonCell):
        found.inputs |= set(names.inputs)
        found.outputs |= set(names.outputs)
    else:
        _llm(cell, path, names, found)
    return found


def _llm(cell: LLMCell, path: Path, names: Names, found: Found) -> None:
    _template(cell.instructions, (*path, "instructions"), names, found)
    if cell.system is not None:
        before = set(found.inputs)
        found.inputs.clear()
        _template(cell.system, (*path, "system"), names, found)
        _scope(cell, (*path, "system"), found)
        found.inputs |= before
    if cell.takes is not None and cell.takes.evaluator is not None:
        _template(cell.takes.evaluator, (*path, "takes", "evaluator"), names, found)
    for number, ward in enumerate(cell.wards):
        if ward.jinja is not None:
            _condition(ward.jinja, (*path, "wards", number, "jinja"), names, found)
        if ward.sql is not None:
            _sql(ward.sql, (*path, "wards", number, "sql"), names, found, ("output",))
    if cell.local is not None:
        for key in ("text", "against", "labels", "n"):
            _plain(getattr(cell.local, key), (*path, "local", key), names, found)
    _plain(cell.numbered, (*path, "numbered"), names, found)
    if cell.reduce is not None:
        _plain(cell.reduce.over, (*path, "reduce", "over"), names, found)
        for key in ("instructions", "system"):
            if (text := getattr(cell.reduce, key)) is not None:
                _template(text, (*path, "reduce", key), names, found)
    for number, name in enumerate(cell.training_scope):
        _plain(name, (*path, "training_scope", number), names, found)
    for name in schemas.listed_inputs(cell.output_schema):
        _one(templates.Reference("input", name, 1), (*path, "output_schema"), names, found)


def _scope(cell: LLMCell, path: Path, found: Found) -> None:
    """Examples are shown without `system`: what it says must hold for them too."""
    missing = sorted(found.inputs - set(cell.training_scope)) if cell.use_training else []
    if missing:
        what = (
            f"mentions input.{missing[0]}, which examples must then share: add {missing[0]} to training_scope, or move it to instructions"
        )
        found.problems.append(Mention(path, 1, what))


def _template(source: str, path: Path, names: Names, found: Found) -> None:
    try:
        tree = templates.parse(source)
        templates.prompt(source)
    except TemplateSyntaxError as error:
        found.problems.append(Mention(path, error.lineno, f"template: {error.message}"))
        return
    for kind in (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport):
        if tree.find(kind) is not None:
            found.problems.append(Mention(path, 1, f"template: {kind.__name__.lower()} is not possible, a cascade is one file"))
    _mentions(templates.references(tree), path, names, found)


def _condition(source: str, path: Path, names: Names, found: Found) -> None:
    if source.strip().startswith("{"):
        found.problems.append(Mention(path, 1, "is an expression: write it without braces, `output | length < 200`"))
        return
    try:
        tree = templates.parse_condition(source)
        templates.condition(source)
    except TemplateSyntaxError as error:
        found.problems.append(Mention(path, error.lineno, f"condition: {error.message}"))
        return
    _mentions((one for one in templates.references(tree) if one.root != "output"), path, names, found)


def _mentions(references: Iterable[templates.Reference], path: Path, names: Names, found: Found) -> None:
    for reference in references:
        _one(reference, path, names, found)


def _one(reference: templates.Reference, path: Path, names: Names, found: Found) -> None:
    known = {"input": names.inputs, "outputs": names.outputs, "state": templates.STATE}.get(reference.root)
    used = {"input": found.inputs, "outputs": found.outputs}.get(reference.root, set())
    if known is None:
        what = f"{reference.root!r} is not defined; there are input, outputs and state"
        if reference.root in names.inputs:
            what = f"{reference.root!r} is not defined; did you mean input.{reference.root}?"
    elif reference.name is None:
        used |= set(known)
        return
    elif reference.name in known:
        used.add(reference.name)
        return
    else:
        what = f"{reference.root}.{reference.name} does not exist{nearest(reference.name, known) or _listed(reference.root, known)}"
    found.problems.append(Mention(path, reference.line, what))


def _listed(root: str, known: tuple[str, ...]) -> str:
    noun = {"input": "inputs", "outputs": "earlier cells", "state": "names in state"}[root]
    return f"; {noun}: {', '.join(known) or 'none'}"


def _sql(source: str, path: Path, names: Names, found: Found, more: tuple[str, ...]) -> None:
    for name in sqlparams.parameters(source):
        if name not in more:
            _plain(name, path, names, found, "$")


def _plain(name: str | None, path: Path, names: Names, found: Found, mark: str = "") -> None:
    """A bare name, which may be an input or an earlier cell."""
    if name is None:
        return
    if name in names.inputs:
        found.inputs.add(name)
    elif name in names.outputs:
        found.outputs.add(name)
    else:
        known = (*names.inputs, *names.outputs)
        what = (
            f"{mark}{name} is neither an input nor an earlier cell{nearest(name, known) or '; there are ' + (', '.join(known) or 'none')}"
        )
        found.problems.append(Mention(path, 1, what))
