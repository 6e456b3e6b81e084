"""Writes what is made from the models of a cascade file: the JSON Schema for editors, and the table of keys in docs/cascades.md.

Run it after changing `src/rvbbit/cascades/spec.py`; `tests/unit/cascades/test_schema.py` fails until then.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rvbbit.cascades import spec

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "src/rvbbit/cascades/cascade.schema.json"
PAGE = ROOT / "docs/cascades.md"
BEGIN, END = "<!-- keys: made by scripts/make_cascade_schema.py -->", "<!-- end of keys -->"

SECTIONS: dict[str, type[BaseModel]] = {
    "The file": spec.CascadeSpec,
    "`sql_function`": spec.SQLFunction,
    "`sql_function.args[]`": spec.Arg,
    "`sql_function.test_cases[]`": spec.TestCase,
    "`expect`, as a mapping": spec.Expectation,
    "`cells[]` that ask a model": spec.LLMCell,
    "`rules`": spec.Rules,
    "`wards[]`": spec.Ward,
    "`takes`": spec.Takes,
    "`reduce`": spec.Reduce,
    "`local`": spec.Local,
    "`cells[]` that run SQL": spec.SQLCell,
    "`cells[]` that call Python": spec.PythonCell,
}


def schema() -> str:
    """The JSON Schema as the file holds it."""
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "RVBBIT cascade", **spec.CascadeSpec.model_json_schema()}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def keys() -> str:
    """A table for each section."""
    return "\n\n".join(f"### {title}\n\n{_table(model)}" for title, model in SECTIONS.items())


def page(text: str) -> str:
    """The page with its tables made anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{keys()}\n\n{END}{rest.partition(END)[2]}"


def _table(model: type[BaseModel]) -> str:
    rows = [
        f"| `{info.alias or name}` | {_default(info)} | {(info.description or '').replace('|', chr(92) + '|')} |"
        for name, info in model.model_fields.items()
    ]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows])


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value in (None, "", (), {}):
        return "—"
    plain = value.model_dump() if isinstance(value, BaseModel) else value
    return f"`{json.dumps(plain)}`"


def main() -> None:
    SCHEMA.write_text(schema(), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
