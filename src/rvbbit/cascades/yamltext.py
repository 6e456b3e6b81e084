"""YAML text → plain values and the line each one stands on. No tag is ever executed, and no input makes it raise.

Values are built here from the composed nodes, not by the library's constructors: that is what gives every key its line, finds doubled
keys, and leaves nothing for a tag such as `!!python/object` to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]
"""Where a value stands: keys and positions from the top."""

LARGEST = 1_000_000
"""Bytes a cascade file may have. Operators are a page or two; anything larger is some other file."""
MOST_VALUES = 20_000
DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, where it stands, and under which key."""

    line: int
    key: str
    what: str


@dataclass(slots=True)
class Document:
    """A file's values, their lines, and what was wrong with reading it. `data` is None where nothing could be read."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    bodies: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def body(self, path: Path) -> int:
        """The line on which a text's own first line stands: below the `|` of a block."""
        return self.bodies.get(path, self.line(path))


def key_of(path: Path) -> str:
    """`('cells', 0, 'name')` → `cells[0].name`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "(file)"


def read(text: str) -> Document:
    """The document in a text."""
    document = Document()
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.problems.append(Problem(mark.line + 1 if mark else 1, "(yaml)", str(error.problem or error.context)))
        return document
    except (YAMLError, RecursionError, ValueError) as error:
        document.problems.append(Problem(1, "(yaml)", f"not YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}"))
        return document
    if node is not None:
        document.data = _Builder(document).build(node, ())
    if document.data is None and not document.problems:
        document.problems.append(Problem(1, "(file)", "is empty"))
    return document


class _Builder:
    """Walks the nodes once, counting, so that aliases cannot blow a small file up."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen = 0

    def build(self, node: Node, path: Path) -> Any:
        self._seen += 1
        if self._seen > MOST_VALUES or len(path) > DEEPEST:
            if not any(problem.key == "(file)" for problem in self._document.problems):
                self._document.problems.append(Problem(_line(node), "(file)", "holds too many values, or nests them too deeply"))
            return None
        self._document.lines.setdefault(path, _line(node))
        if isinstance(node, MappingNode) and self._plain(node, "map", path):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and self._plain(node, "seq", path):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path) if isinstance(node, ScalarNode) else None

    def _plain(self, node: Node, kind: str, path: Path) -> bool:
        plain = str(node.tag) == f"tag:yaml.org,2002:{kind}"
        if not plain:
            self._complain(node, path, f"the tag {node.tag} is not read here")
        return plain

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _whole(key_node.value) if isinstance(key_node, ScalarNode) else None
            if key is None or key == "<<":
                self._complain(key_node, path, "a key must be a plain word")
                continue
            inner = (*path, key)
            if key in found:
                self._complain(key_node, inner, f"is given twice; first on line {self._document.lines[inner]}")
                continue
            self._document.lines[inner] = _line(key_node)
            found[key] = self.build(value_node, inner)
        return found

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        self._document.bodies[path] = _line(node) + (node.style in ("|", ">"))
        kind = str(node.tag).rpartition(":")[2]
        try:
            if kind in _SCALARS:
                return _SCALARS[kind](node.value)
        except ValueError:
            self._complain(node, path, f"{node.value!r} cannot be read as {kind}")
            return None
        self._complain(node, path, f"the tag {node.tag} is not read here")
        return None

    def _complain(self, node: Node, path: Path, what: str) -> None:
        self._document.problems.append(Problem(_line(node), key_of(path), what))


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _whole(text: str) -> str | None:
    """The text with characters written in two halves (`\\ud83d\\ude00`, as JSON does) put together; None where half is missing."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def _text(text: str) -> str:
    whole = _whole(text)
    if whole is None:
        raise ValueError("half a character")
    return whole


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    return int(plain, 0) if plain.lstrip("+-").lower().startswith(("0x", "0o", "0b")) else int(plain)


def _float(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: Mapping[str, Any] = {
    "str": _text,
    "timestamp": str,
    "null": lambda text: None,
    "bool": lambda text: text.lower() in ("true", "yes", "on"),
    "int": _integer,
    "float": _float,
}
