"""Writes docs/settings.md from the table in `rvbbit.settings`. Run by `make docs`; tests/test_docs.py fails while the page is stale."""

from __future__ import annotations

from pathlib import Path

from rvbbit.settings import FILE, SETTINGS, Setting

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

HEAD = f"""# Settings

<!-- Made by scripts/make_settings_doc.py from src/rvbbit/settings.py: edit those, then `make docs`. -->

A value comes from the first of these that has it:

1. an argument: a flag on the command line, or a keyword of `rvbbit.connect`;
2. an environment variable `RVBBIT_…` (an empty one counts as not set);
3. `{FILE}` in the project;
4. the default.

Relative paths start at the project. An unknown key or variable is an error that names the nearest known one, and so is a value that is
not allowed: nothing is ignored. `rvbbit doctor` shows each value and where it came from.

"""

TAIL = f"""
## {FILE}

Flat keys, named as in the table, without `home`: the project is where the file is.

```toml
model = "openai:gpt-5-mini"
concurrency = 32
budget_usd = 2.50

# USD per million tokens, for models whose price is not known otherwise.
[prices]
"openai:my-model" = {{input = 0.15, output = 0.60}}

# What an account may do in a minute: calls wait their turn. By provider, or by `provider:model`.
[rates]
openai = {{requests = 500, tokens = 200000}}
```

A token or a password is better kept in the environment than in a file that is shared. Keys of model providers are read from their usual
variables (`OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, …) and are no settings: they are never logged, stored or shown.
"""


def default(setting: Setting) -> str:
    """The default as the table shows it."""
    return setting.otherwise if setting.default is None else f"`{setting.default}`"


def row(setting: Setting) -> str:
    """One setting as one line of the table."""
    cells = (f"`{setting.name}`", f"`{setting.env}`", setting.kind.allowed, default(setting), setting.unit, setting.help)
    return f"| {' | '.join(cells)} |"


def render() -> str:
    """The whole page."""
    table = ["| name | environment | takes | default | unit | meaning |", "|---|---|---|---|---|---|", *map(row, SETTINGS)]
    return HEAD + "\n".join(table) + "\n" + TAIL


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
    print(f"wrote {PAGE.name}")
