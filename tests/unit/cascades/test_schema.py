"""What is made from the models is what is shipped, and it holds for the shipped files."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rvbbit.cascades import yamltext
from rvbbit.cascades.catalog import BUILTIN
from rvbbit.cascades.loader import load_text

ROOT = Path(__file__).parents[3]
MADE = runpy.run_path(str(ROOT / "scripts/make_cascade_schema.py"))
SCHEMA: dict[str, Any] = json.loads(MADE["SCHEMA"].read_text("utf-8"))


def test_the_schema_is_what_the_models_say() -> None:
    assert MADE["SCHEMA"].read_text("utf-8") == MADE["schema"](), "run scripts/make_cascade_schema.py"


def test_the_table_of_keys_is_what_the_models_say() -> None:
    text = MADE["PAGE"].read_text("utf-8")
    assert MADE["page"](text) == text, "run scripts/make_cascade_schema.py"


@pytest.mark.parametrize("path", sorted(BUILTIN.iterdir()), ids=lambda path: path.name)
def test_the_schema_holds_for_every_shipped_file(path: Path) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(yamltext.read(path.read_text("utf-8")).data)


def test_the_schema_refuses_an_unknown_key_and_a_ward_of_two_kinds() -> None:
    cell = {"name": "a", "instructions": "x"}
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert validator.is_valid({"cascade_id": "a", "cells": [cell]})
    assert not validator.is_valid({"cascade_id": "a", "cells": [cell], "typo": 1})
    assert not validator.is_valid({"cascade_id": "a", "cells": [cell | {"wards": [{"sql": "true", "jinja": "true"}]}]})


def test_the_example_in_the_page_loads() -> None:

    text = MADE["PAGE"].read_text("utf-8")
    assert load_text(text.split("```yaml\n")[1].split("```")[0]).problems == ()
