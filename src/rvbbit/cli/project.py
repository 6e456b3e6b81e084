"""The files of a project: what `rvbbit init` and `rvbbit operators new` write. It overwrites nothing, ever."""

from __future__ import annotations

from pathlib import Path

from rvbbit import settings
from rvbbit.errors import UsageError

EXAMPLE = "team"


def create(home: Path) -> tuple[list[Path], list[Path]]:
    """Make a project of the directory: (what was written, what was there already and left alone). Raises UsageError."""
    files = {
        home / settings.FILE: _settings_text(),
        home / ".gitignore": ".rvbbit/\n",
        home / "cascades" / f"{EXAMPLE}.cascade.yaml": _EXAMPLE_YAML,
        home / "data" / ".gitkeep": "",
    }
    written: list[Path] = []
    kept: list[Path] = []
    for path, text in files.items():
        (written if _write(path, text) else kept).append(path)
    return written, kept


def new_operator(home: Path, name: str) -> Path:
    """An operator file to be edited, in the project's cascades/. Raises UsageError where the name is unfit or taken."""
    if not name.isidentifier() or not name.isascii():
        raise UsageError(f"{name!r} cannot name an operator", hint="letters, digits and _, not starting with a digit")
    path = home / "cascades" / f"{name.lower()}.cascade.yaml"
    if not _write(path, _NEW_YAML.format(id=name.lower(), name=name.upper())):
        raise UsageError(f"{path} is there already", hint="edit it, or choose another name")
    return path


def _write(path: Path, text: str) -> bool:
    """Write a file that is not there yet; False where it is. Raises UsageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="choose a directory that is yours") from error
    return True


def _settings_text() -> str:
    """Every setting as a comment with its default, from the one table of settings."""
    lines = ["# Settings of this project. A flag beats RVBBIT_* in the environment, that beats this file, this file beats the default.", ""]
    for setting in settings.SETTINGS:
        if setting.name == "home" or setting.kind.secret:
            continue
        value = f'"{setting.default}"' if isinstance(setting.default, str) else setting.default
        lines += [f"# {setting.help} {setting.kind.allowed[0].upper()}{setting.kind.allowed[1:]}."]
        lines += [
            f"# {setting.name} = {value}" if setting.default is not None else f"# {setting.name} =     # default: {setting.otherwise}",
            "",
        ]
    return "\n".join(lines)


_EXAMPLE_YAML = """\
# An operator of your own. Try it:
#
#   rvbbit sql "SELECT TEAM('Where is my parcel? I have waited three weeks!')"
#   rvbbit operators test team
#
# A changed file counts from the next query on.

cascade_id: team
description: Which team should read a message.

sql_function:
  name: team
  operators:
    - "TEAM({{ text }})"
    - "TEAM({{ text }}, {{ teams }})"
  args:
    - {name: text, type: VARCHAR}
    - {name: teams, type: "VARCHAR[]", default: [billing, delivery, technical support]}
  returns: VARCHAR
  test_cases:
    - args: {text: "I was charged twice for the same order"}
      expect: billing
    - args: {text: "Where is my parcel? I have waited three weeks!"}
      expect: delivery

cells:
  - name: team
    system: |
      Which of these teams should read a message? <teams>{{ input.teams }}</teams>
    instructions: |
      <message>{{ input.text }}</message>
    output_schema: {type: string, enum: "{{ input.teams }}"}
    local: {task: label, text: text, labels: teams}   # how the embedded model answers it, without a prompt
    use_training: true                                # learn from the answers you mark …
    training_scope: [teams]                           # … for the same teams
"""

_NEW_YAML = """\
cascade_id: {id}
description: What it does, in one line.

sql_function:
  name: {id}
  operators:
    - "{name}({{{{ text }}}}, {{{{ criterion }}}})"
  args:
    - {{name: text, type: VARCHAR}}
    - {{name: criterion, type: VARCHAR}}
  returns: BOOLEAN
  test_cases:
    - args: {{text: "I want my money back", criterion: "asks for a refund"}}
      expect: true

cells:
  - name: {id}
    system: |
      Is this true of a text? <criterion>{{{{ input.criterion }}}}</criterion>
    instructions: |
      <text>{{{{ input.text }}}}</text>
    output_schema: {{type: boolean}}
    local: {{task: matches, text: text, against: criterion, threshold: 0.3}}
    use_training: true
    training_scope: [criterion]
"""
