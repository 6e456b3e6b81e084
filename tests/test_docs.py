"""Docs that cannot lie: settings, links, commands, decisions and dependencies are compared with the code."""

from __future__ import annotations

import re
import runpy
import sys
import tomllib
from pathlib import Path

import click
import pytest

from rvbbit.cli.main import cli
from rvbbit.settings import SETTINGS, Setting, load

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
SETTINGS_PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
each_adr = pytest.mark.parametrize("adr", ADRS, ids=lambda adr: adr.stem)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_has_a_line(setting: Setting) -> None:
    assert re.search(rf"^\| `{setting.name}` \| `{setting.env}` \|.*{re.escape(setting.help)}", SETTINGS_PAGE, re.MULTILINE)


def test_the_settings_page_is_what_the_table_makes() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_settings_doc.py"))["render"]()
    assert made == SETTINGS_PAGE, "stale: run `make docs`"


def test_the_example_file_in_the_settings_page_loads(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", SETTINGS_PAGE, re.DOTALL)
    assert example
    (tmp_path / "rvbbit.toml").write_text(example[1], "utf-8")
    settings = load(env={}, cwd=tmp_path)
    assert (settings.concurrency, settings.budget_usd, list(settings.prices)) == (32, 2.5, ["openai:my-model"])


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


@each_page
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named - targets == set()


def test_every_command_named_in_a_page_exists() -> None:
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    named = set(re.findall(r"(?:^|`|\$ |bin/)rvbbit ([a-z]+)", text, re.MULTILINE))
    assert named
    assert named - set(cli.list_commands(click.Context(cli))) == set()


@each_adr
def test_a_decision_has_its_four_parts_on_one_page(adr: Path) -> None:
    text = adr.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Status", "Context", "Decision", "Consequences"]
    assert text.startswith(f"# {int(adr.stem[:4])}. ")
    assert len(text.splitlines()) <= 80


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(adr.stem[:4]) for adr in ADRS] == list(range(1, len(ADRS) + 1))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ;]", requirement, maxsplit=1)[0] for requirement in requirements}


RUNTIME = names(PROJECT["project"]["dependencies"])
EXTRAS = {name for extra in PROJECT["project"]["optional-dependencies"].values() for name in names(extra)}
DEV = names(PROJECT["dependency-groups"]["dev"])


def test_every_dependency_has_its_one_line_with_a_licence() -> None:
    page = (ROOT / "docs" / "adr" / "0013-dependencies.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w.-]+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$", page, re.MULTILINE)
    described = [name for name, licence in rows if name != "package" and licence.strip("- ")]
    assert sorted(described) == sorted(RUNTIME | EXTRAS | DEV)


MODULES = {name: name.replace("-", "_") for name in RUNTIME | EXTRAS}
MODULES |= {"pydantic-ai-slim": "pydantic_ai", "pystemmer": "Stemmer", "ruamel.yaml": "ruamel"}
PART_OF_THE_API_OF = {
    "fastapi": {"starlette"},
    "aiohttp": {"multidict", "yarl"},
    "jsonschema": {"referencing"},
    "pydantic": {"pydantic_core"},
    "pydantic-ai-slim": {"botocore"},
}


def imported() -> set[str]:
    """Every module of others that the package imports, by its first name."""
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src" / "rvbbit").rglob("*.py"))
    tops = set(re.findall(r"^ *(?:import|from) (\w+)", source, re.MULTILINE))
    return tops - sys.stdlib_module_names - {"rvbbit"}


def test_the_package_imports_everything_it_depends_on() -> None:
    assert {name for name, module in MODULES.items() if module not in imported()} == set()


def test_the_package_depends_on_everything_it_imports() -> None:
    assert imported() - set(MODULES.values()) - set().union(*PART_OF_THE_API_OF.values()) == set()


def test_the_lock_pins_everything_by_hash_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pinned = {name.lower().replace("_", "-") for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    assert {name.replace(".", "-") for name in RUNTIME | EXTRAS | DEV} <= pinned
    assert re.findall(r"://|--index|--find-links|file:|@ ", lock) == []
    blocks = re.split(r"\n(?=[\w.-]+==)", lock)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_pulls_in_no_torch() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert re.findall(r"^(?:torch|nvidia|triton|tensorflow|jax)[\w-]*==", lock, re.MULTILINE) == []
