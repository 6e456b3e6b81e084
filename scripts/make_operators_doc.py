"""Writes the table of operators in docs/operators.md from the package's own YAML.

Run it after changing a file in `src/rvbbit/cascades/builtin/`; `tests/unit/cascades/test_operators_doc.py` fails until then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rvbbit.cascades.catalog import BUILTIN
from rvbbit.cascades.loader import Cascade, load_file
from rvbbit.cascades.spec import LLMCell

PAGE = Path(__file__).parent.parent / "docs" / "operators.md"
BEGIN, END = "<!-- operators: made by scripts/make_operators_doc.py -->", "<!-- end of operators -->"
LONGEST = 60

LOCALLY = {
    "similarity": "answers: cosine of the two texts; with examples, a student of scores",
    "matches": "answers: true from a similarity on; with examples, a student",
    "label": "answers: the label whose name is nearest; with examples, a student",
    "choose": "answers: the nearest condition, or none where none is near enough; with examples, a student",
    "same": "answers: similarity and shared letters, less where numbers differ; with examples, a student",
    "pair": "from 5 examples of true and 5 of false on; refused before",
    "polarity": "from 5 positive and 5 negative examples on; refused before",
    "sentence": "answers: the text's most central sentence",
    "themes": "answers: clusters, named by the words that tell them apart",
    "topics": "answers: clusters, named by the words that tell them apart",
    "clusters": "answers: clusters, named by the words that tell them apart",
    "dedupe": "answers: texts nearer than a threshold are one",
    "outliers": "answers: the texts farthest from the rest",
    "summary": "answers: the most central sentences",
    "consensus": "answers: the most central text or sentence",
    "mood": "from 4 examples on; refused before",
}
WRITES = "refused: set `RVBBIT_MODEL` to a model that writes"


def render() -> str:
    """The page with its table made anew."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    loaded = [load_file(path).require() for path in sorted(BUILTIN.glob("*.cascade.yaml"))]
    rows = [_row(cascade) for cascade in loaded if cascade.operator is not None]
    head = "| written | answers | for example | `local:minilm` |\n|---|---|---|---|\n"
    return f"{before}{BEGIN}\n\n{head}{''.join(rows)}\n{END}{after}"


def _row(cascade: Cascade) -> str:
    operator = cascade.operator
    assert operator is not None
    forms = list(dict.fromkeys([*(_bare(text) for text in operator.patterns), _bare(_function(cascade))]))
    per = {"scalar": "", "aggregate": " a group", "table": " (a table)"}[operator.shape]
    cells = [
        "<br>".join(f"`{form}`" for form in forms),
        f"{operator.returns}{per}: {operator.description}",
        f"`{_example(cascade)}`",
        _locally(cascade),
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _function(cascade: Cascade) -> str:
    operator = cascade.operator
    assert operator is not None
    return f"{operator.name.upper()}({', '.join(parameter.name for parameter in operator.parameters)})"


def _bare(pattern: str) -> str:
    bare = pattern.replace("{{ ", "").replace(" }}", "")
    return bare.replace(" END", " THEN value … ELSE value END") if bare.endswith(" END") else bare


def _example(cascade: Cascade) -> str:
    function = cascade.spec.sql_function
    assert function is not None and function.test_cases, f"{cascade.id} has no test case to show"
    shown = function.operators[0] if function.operators else _function(cascade)
    case = function.test_cases[0]
    for arg in function.args:
        value = _literal(case.args.get(arg.name, arg.default))
        shown = shown.replace(f"{{{{ {arg.name} }}}}", value)
    if shown.endswith(" END"):
        conditions = [one for one in case.args[function.args[1].name] if one != "none of these"]
        branches = " ".join(f"WHEN {_literal(one)} THEN {number}" for number, one in enumerate(conditions, 1))
        return f"{shown.partition(' WHEN ')[0]} {branches} ELSE 0 END"
    return shown


def _literal(value: Any) -> str:
    if isinstance(value, str):
        text = " ".join(value.split())
        return "'" + (text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…").replace("'", "''") + "'"
    if isinstance(value, list):
        return f"[{', '.join(_literal(one) for one in value[:3])}{', …' if len(value) > 3 else ''}]"
    return "NULL" if value is None else str(value)


def _locally(cascade: Cascade) -> str:
    models = [cell for cell in cascade.spec.cells if isinstance(cell, LLMCell)]
    if not models:
        return "answers: no model is asked"
    tasks = [cell.local.task if cell.local else None for cell in models]
    if None in tasks:
        return WRITES
    return "; ".join(LOCALLY.get(task, f"answers: task `{task}` ([cascades.md](cascades.md#local))") for task in tasks if task)


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
