"""What Tab offers in the shell: keywords, tables, columns, operators with their help, and backslash commands. It runs no query itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from rvbbit.types import Operator

TableList = Sequence[tuple[str, str, Sequence[str]]]
"""(schema, table, its columns) for each table."""

_WORD = re.compile(r"[\w\\.]+$")
_SLOT = re.compile(r"\{\{.*?\}\}")
_TABLE_COMES = re.compile(r"\b(from|join|into|update|table|describe|summarize)\s+[\w.]*$", re.IGNORECASE)
_DEFAULT_SCHEMAS = frozenset({"main", "public", ""})


@dataclass(frozen=True, slots=True)
class Words:
    """What there is to offer at this moment."""

    keywords: Sequence[str] = ()
    tables: TableList = ()
    operators: Sequence[Operator] = ()
    commands: Mapping[str, str] = field(default_factory=dict)

    def table_names(self) -> list[str]:
        """As one would type them: with the schema where it is not the default one."""
        return [table if schema in _DEFAULT_SCHEMAS else f"{schema}.{table}" for schema, table, _ in self.tables]

    def columns_of(self, table: str) -> list[str]:
        """The columns of a table named with or without its schema, in order."""
        names = zip(self.table_names(), self.tables, strict=True)
        return [c for name, (_, short, columns) in names if table.lower() in {name.lower(), short.lower()} for c in columns]


class ShellCompleter(Completer):
    """Completes the word before the cursor. `words` may be replaced at any time."""

    def __init__(self, words: Words | None = None) -> None:
        self.words = words or Words()

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        found = _WORD.search(before)
        word = found.group() if found else ""
        seen = set()
        for text, meta in self._candidates(before, word):
            key = text.lower()
            if key.startswith(word.lower()) and key != word.lower() and key not in seen:
                seen.add(key)
                yield Completion(_cased(text, word), start_position=-len(word), display=text, display_meta=meta)

    def _candidates(self, before: str, word: str) -> Iterator[tuple[str, str]]:
        words = self.words
        if before.lstrip().startswith("\\") and " " not in before.strip():
            yield from words.commands.items()
            return
        if "." in word:
            table = word.rpartition(".")[0]
            yield from ((f"{table}.{column}", "column") for column in words.columns_of(table))
        if _TABLE_COMES.search(before) or before.lstrip().startswith("\\d"):
            yield from ((name, "table") for name in words.table_names())
            return
        if not word:
            return
        for operator in words.operators:
            yield from ((start, operator.description or operator.name) for start in starts(operator))
        yield from ((column, f"column of {table}") for _, table, columns in words.tables for column in columns)
        yield from ((name, "table") for name in words.table_names())
        yield from ((keyword.upper(), "") for keyword in words.keywords)


def starts(operator: Operator) -> list[str]:
    """The words of its patterns one can begin to type: `{{ a }} NOT MEANS {{ b }}` → `NOT MEANS`, `ASK({{ t }}, …)` → `ASK(`."""
    found = []
    for pattern in operator.patterns:
        first = next((part.strip() for part in _SLOT.split(pattern) if part.strip(" (),")), "")
        if first:
            found.append(first)
    return found


def _cased(text: str, word: str) -> str:
    """Keywords follow the case of what was typed; names keep their own."""
    return text.lower() if word.islower() and text.isupper() else text
