"""The page of operators says what the files say, and every shipped operator can be tested."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from rvbbit.cascades.catalog import BUILTIN
from rvbbit.cascades.loader import load_file

ROOT = Path(__file__).parents[3]
FILES = [path for path in sorted(BUILTIN.glob("*.cascade.yaml")) if load_file(path).operator is not None]


def test_the_table_is_what_the_files_make() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_operators_doc.py"))["render"]()
    assert made == (ROOT / "docs" / "operators.md").read_text("utf-8"), "stale: run `make docs`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_operator_explains_itself_and_has_a_test_case(path: Path) -> None:
    cascade = load_file(path).require()
    function = cascade.spec.sql_function
    assert function is not None
    assert cascade.spec.description and all(arg.description for arg in function.args)
    assert function.test_cases
