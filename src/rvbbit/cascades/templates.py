"""Jinja in a sandbox, in which every value from a row stands between tags and cannot get out of them.

A value is data, never instructions (DESIGN decision 11). Two things see to it, whatever the author writes: what an expression prints has
its `<` escaped, so it cannot close a tag or open one; and an expression that the author did not put between tags gets tags of its own
(`in {{ input.language }}` prints `in <language>French</language>`). Values are never compiled: Jinja inside them stays text.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.environment import TemplateExpression
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

STATE = ("cascade_id", "cell_name", "take")
"""What `state` holds: where the template is being rendered. `take` counts from 0."""

RENDER_ERRORS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What a template may raise while it runs: its author's mistakes, not ours."""

_LOOKS_ESCAPED = re.compile(r"&(?=(?:amp|lt);)")
_TRUSTED = {"state", "loop"}


class Sandbox(ImmutableSandboxedEnvironment):
    """Nothing reaches Python through a template; `input.items` is the input of that name, never dict's method."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def escape(text: str) -> str:
    """Text that cannot open or close a tag. Reversible: `&` is touched only where it would read as one of our two entities."""
    if "<" in text or "&" in text:
        return _LOOKS_ESCAPED.sub("&amp;", text).replace("<", "&lt;")
    return text


def printed(value: Any) -> str:
    """What an expression prints: text as it is, anything else as JSON, both escaped. Raises UndefinedError."""
    if isinstance(value, str | Undefined):
        return escape(str(value))
    return escape(json.dumps(value, ensure_ascii=False))


def _environment(*, data: bool) -> Sandbox:
    return Sandbox(undefined=StrictUndefined, finalize=printed if data else None, trim_blocks=True, lstrip_blocks=True, cache_size=0)


def counted(values: Iterable[Any]) -> list[tuple[Any, int]]:
    """The distinct values of a list, in order, and how often each stands in it: `{% for text, times in input.texts | counted %}`."""
    found: dict[str, tuple[Any, int]] = {}
    for value in values:
        key = json.dumps(value, sort_keys=True)
        found[key] = (value, found[key][1] + 1 if key in found else 1)
    return list(found.values())


_PROMPTS = _environment(data=True)
_PROMPTS.filters["counted"] = counted
_CONDITIONS = _environment(data=False)


def prompt(source: str) -> Template:
    """A compiled prompt template. Raises TemplateSyntaxError."""
    template = _PROMPTS.from_string(_delimit(_PROMPTS.parse(source)))
    template.globals = dict(template.globals)  # every rendering copies it, and Jinja's own chain of maps is slow to copy
    return template


class Steady:
    """A template rendered again only where something it names is another object: what all rows of a query share is rendered once."""

    def __init__(self, source: str) -> None:
        self._template = prompt(source)
        named = {(one.root, one.name) for one in references(parse(source))}
        self._named = [(root, name) for root, name in named if name is not None]
        self._whole = len(self._named) < len(named) or any(root not in ("input", "outputs", "state") for root, _ in self._named)
        self._seen: tuple[Sequence[object], str] | None = None

    def render(self, names: Mapping[str, Any]) -> str:
        """The text. Raises RENDER_ERRORS."""
        if self._whole:
            return self._template.render(names)
        values = [names[root].get(name, self) for root, name in self._named]
        if self._seen is None or not all(map(operator.is_, values, self._seen[0])):
            self._seen = values, self._template.render(names)
        return self._seen[1]


def condition(source: str) -> TemplateExpression:
    """A compiled expression; call it with names to get its value. Raises TemplateSyntaxError."""
    return _CONDITIONS.compile_expression(source, undefined_to_none=False)


def parse(source: str) -> nodes.Template:
    """A template's tree, for looking at. Raises TemplateSyntaxError."""
    return _PROMPTS.parse(source)


def parse_condition(source: str) -> nodes.Template:
    """An expression's tree, for looking at. Raises TemplateSyntaxError."""
    return _CONDITIONS.parse("{{ (" + source + ") }}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of `root.name` in a template; `name` is None where the whole of `root` is used. `line` counts from 1."""

    root: str
    name: str | None
    line: int


def references(tree: nodes.Template) -> Iterator[Reference]:
    """Every mention of a name the template does not define itself."""
    named = {id(node.node): _attribute(node) for node in _accesses(tree) if isinstance(node.node, nodes.Name)}
    own = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"} | {"loop", "caller", "varargs", "kwargs"}
    own |= {macro.name for macro in tree.find_all(nodes.Macro)} | set(_PROMPTS.globals)
    for node in tree.find_all(nodes.Name):
        if node.ctx == "load" and node.name not in own:
            yield Reference(node.name, named.get(id(node)), node.lineno)


def _accesses(tree: nodes.Template) -> list[nodes.Getattr | nodes.Getitem]:
    return [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]


def _attribute(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str) else None


def _delimit(tree: nodes.Template) -> nodes.Template:
    """The tree with tags around every printed expression that has none."""
    for output in tree.find_all(nodes.Output):
        output.nodes = list(_delimited(output.nodes))
    return tree


def _delimited(printing: list[nodes.Expr]) -> Iterable[nodes.Expr]:
    for index, node in enumerate(printing):
        tag = None if isinstance(node, nodes.TemplateData) else _tag(node)
        if tag is None or _between_tags(printing, index):
            yield node
        else:
            yield nodes.TemplateData(f"<{tag}>", lineno=node.lineno)
            yield node
            yield nodes.TemplateData(f"</{tag}>", lineno=node.lineno)


def _tag(node: nodes.Expr) -> str | None:
    """What to call a printed expression: the input or output it starts from. None where it prints nothing of a row's."""
    for inner in (node, *node.find_all((nodes.Getattr, nodes.Getitem))):
        if (
            isinstance(inner, nodes.Getattr | nodes.Getitem)
            and isinstance(inner.node, nodes.Name)
            and inner.node.name in ("input", "outputs")
        ):
            name = _attribute(inner)
            return name if name is not None and name.isidentifier() else inner.node.name
    names = [inner.name for inner in (node, *node.find_all(nodes.Name)) if isinstance(inner, nodes.Name)]
    return next((name for name in names if name not in _TRUSTED), None)


def _between_tags(printing: list[nodes.Expr], index: int) -> bool:
    before = printing[index - 1] if index else None
    after = printing[index + 1] if index + 1 < len(printing) else None
    return (
        isinstance(before, nodes.TemplateData)
        and before.data.rstrip().endswith(">")
        and isinstance(after, nodes.TemplateData)
        and after.data.lstrip().startswith("</")
    )
