"""The walls of the house: every import contract is broken once on a model of the package, and the real tree keeps them and the limits."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "rvbbit"
SOURCES = sorted(PACKAGE.rglob("*.py"))
OURS = [*SOURCES, *sorted(path for room in ("scripts", "bench", "tests") for path in (ROOT / room).rglob("*.py"))]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
TOPS_OF_FACES = {"cli/main.py", "http/problems.py"}

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
each_file = pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT)))


def lint_imports(directory: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """The linter in a process of its own, on the `rvbbit` below `source`."""
    script = Path(sys.executable).with_name("lint-imports")
    env = os.environ | {"PYTHONPATH": str(source)}
    return subprocess.run(
        [script, "--no-cache", "--config", directory / "pyproject.toml"],
        cwd=directory,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def rooms() -> list[str]:
    """Every module that the contracts name, without `rvbbit.`"""
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    return sorted(room.strip(" ()") for layer in layers for room in layer.split("|"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A package with every room, a leaf module in each, our contracts, and no import at all."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"), "utf-8")
    for room in ["", *rooms()]:
        directory = tmp_path / "rvbbit" / room
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "__init__.py").write_text("")
        (directory / "leaf.py").write_text("")
    (tmp_path / "rvbbit" / "leaf.py").unlink()
    return tmp_path


def broken(model: Path) -> set[str]:
    """The ids of the contracts that the model breaks."""
    output = re.sub(r"\x1b\[[0-9;]*m", "", lint_imports(model, model).stdout)
    assert "Contracts: " in output, output
    return {contract["id"] for contract in CONTRACTS if re.search(rf"^{re.escape(contract['name'])}[^\n]* BROKEN", output, re.MULTILINE)}


BREACHES = [
    ("layers", "errors", "import rvbbit.types"),
    ("layers", "interfaces", "import rvbbit.engine"),
    ("layers", "sql", "import rvbbit.execution"),
    ("layers", "logs", "import rvbbit.training"),
    ("layers", "cascades", "from rvbbit import providers"),
    ("layers", "engine", "import rvbbit.cli"),
    ("faces", "cli", "from rvbbit.logs import leaf"),
    ("faces", "http", "from rvbbit.logs import leaf"),
    ("faces", "client", "from rvbbit.training import leaf"),
    ("layers", "client", "import rvbbit.http"),
    ("ground", "settings", "import duckdb"),
    ("ground", "interfaces", "import asyncio"),
    ("sql", "sql", "import duckdb"),
    ("sql", "sql", "from pathlib import Path"),
    ("sql", "sql", "import time"),
    ("sql", "sql", "import random"),
    ("execution", "execution", "import rvbbit.cascades"),
    ("execution", "execution", "import rvbbit.providers.leaf"),
    ("cascades", "cascades", "import duckdb"),
    ("cascades", "cascades", "from sqlglot import exp"),
    ("providers", "providers", "import rvbbit.settings"),
    ("providers", "providers", "import duckdb"),
    ("logs", "logs", "import sqlglot"),
    ("layers", "scoring", "import rvbbit.training"),
    ("scoring", "scoring", "import duckdb"),
    ("training", "training", "import duckdb"),
    ("layers", "embeddings", "import rvbbit.providers"),
    ("embeddings", "embeddings", "import duckdb"),
    ("testing", "testing", "import rvbbit.interfaces"),
]


def test_the_model_without_imports_keeps_every_contract(model: Path) -> None:
    assert broken(model) == set()


@pytest.mark.parametrize(("contract", "room", "line"), BREACHES, ids=[f"{c}: {r}: {line}" for c, r, line in BREACHES])
def test_one_bad_import_breaks_its_contract(model: Path, contract: str, room: str, line: str) -> None:
    (model / "rvbbit" / room / "leaf.py").write_text(f"{line}\n")
    assert contract in broken(model)


def test_every_contract_is_broken_once_above() -> None:
    assert {contract for contract, _, _ in BREACHES} == {contract["id"] for contract in CONTRACTS}


def test_a_room_that_no_layer_names_is_refused(model: Path) -> None:
    (model / "rvbbit" / "attic.py").write_text("")
    assert broken(model) == {"layers"}


def test_the_real_tree_keeps_every_contract() -> None:
    run = lint_imports(ROOT, ROOT / "src")
    assert run.returncode == 0, run.stdout


def test_every_room_that_a_contract_names_exists() -> None:
    named = {name for c in CONTRACTS for key in ("source_modules", "forbidden_modules") for name in c.get(key, ())}
    named |= {f"rvbbit.{room}" for room in rooms()}
    missing = [name for name in sorted(named) if name.startswith("rvbbit.") and not _module(name)]
    assert missing == []


def _module(name: str) -> bool:
    place = PACKAGE.parent / name.replace(".", "/")
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def test_the_ground_floor_loads_nothing_heavy() -> None:
    heavy = ["aiohttp", "asyncio", "duckdb", "onnxruntime", "pydantic", "sklearn", "sqlglot"]
    code = f"import sys, rvbbit.settings, rvbbit.types, rvbbit.errors; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def classes(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))


def base_names(cls: ast.ClassDef) -> list[str]:
    return [ast.unparse(base).split("[")[0].rpartition(".")[2] for base in cls.bases]


@each_file
def test_a_file_is_one_noun_of_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@each_file
def test_a_function_has_at_most_60_lines(path: Path) -> None:
    long = [f"{f.name}: {size}" for f in functions(path) if (size := (f.end_lineno or f.lineno) - f.lineno + 1) > 60]
    assert long == []


@each_source
def test_a_file_opens_with_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree(path))


@each_source
def test_no_file_is_named_after_nothing(path: Path) -> None:
    assert not re.search(r"manager|helper|util|misc|common|_v\d", path.stem)


@each_source
def test_a_broad_except_stands_only_at_the_top_of_a_face(path: Path) -> None:
    """A handler that ends in `raise` hides nothing and may be as broad as it likes."""
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    lines = [handler.lineno for handler in handlers if _broad(handler) and not isinstance(handler.body[-1], ast.Raise)]
    assert len(lines) <= (1 if str(path.relative_to(PACKAGE)) in TOPS_OF_FACES else 0), lines


def _broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in caught)


@each_source
def test_only_the_cli_prints(path: Path) -> None:
    """And what is run as a program of its own with `python -m`."""
    if path.is_relative_to(PACKAGE / "cli") or path.name == "__main__.py":
        return
    calls = (ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    assert [call for call in calls if call in {"print", "sys.stdout.write", "sys.stderr.write", "click.echo"}] == []


@each_source
def test_an_import_inside_a_function_says_why(path: Path) -> None:
    """A comment on its line or the line above, or next to the first of a run of them."""
    lines = path.read_text("utf-8").splitlines()
    imports = {node.lineno for f in functions(path) for node in ast.walk(f) if isinstance(node, ast.Import | ast.ImportFrom)}
    silent = [n for n in sorted(imports) if "#" not in lines[n - 1] and "#" not in lines[n - 2] and n - 1 not in imports]
    assert silent == []


@each_source
def test_the_family_tree_of_errors_grows_in_one_file(path: Path) -> None:
    if path.name == "errors.py":
        return
    ours = {cls.name for cls in classes(PACKAGE / "errors.py")}
    assert [cls.name for cls in classes(path) if ours.intersection(base_names(cls))] == []


def protocols() -> dict[str, int]:
    """Every Protocol between rooms and how many methods it has."""
    found = [cls for cls in classes(PACKAGE / "interfaces.py") if "Protocol" in base_names(cls)]
    return {cls.name: sum(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in cls.body) for cls in found}


def test_rooms_promise_each_other_little() -> None:
    sizes = protocols()
    assert 0 < len(sizes) <= 8
    assert {name: size for name, size in sizes.items() if size > 5} == {}
