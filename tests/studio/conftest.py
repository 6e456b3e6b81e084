"""The Studio as people use it: Debian's Chromium on a real `rvbbit serve` with 27,365 imported and scored executions.

Whatever a page logs as an error, and whatever it asks of another host, fails the test that opened it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from rvbbit.http import studio
from rvbbit.testing import FakeProcess
from support.browser import CHROMIUM, FLAGS, PATIENCE, Studio, project
from support.logged import LOGS
from support.serving import RVBBIT, Serving
from support.taught import make

expect.set_options(timeout=PATIENCE)


# Not for the session: while it is open an event loop runs in this thread, and other modules' asynchronous tests could not run theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        pytest.skip(f"{CHROMIUM} is not here: apt-get install chromium, or name one by RVBBIT_TEST_BROWSER")
    if not studio.built():
        pytest.skip("the Studio is not built: make studio")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the real logs in it, every one scored. Tests work on copies (`studio_on`)."""
    if not LOGS.is_dir():
        pytest.skip("the evaluation data of ../shared/data is not here")
    home = project(tmp_path_factory.mktemp("imported"))
    for command in (["training", "import", str(LOGS), "--cascade-id", "reply"], ["score", "--backfill", "--free"]):
        subprocess.run([*RVBBIT, *command], cwd=home, check=True, capture_output=True, timeout=300)
    return home


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with versions of a set: one that helps and one that does harm."""
    return make(tmp_path_factory.mktemp("taught"))


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project in which nothing has happened yet."""
    return project(tmp_path / "empty")


@pytest.fixture
def studio_on(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Studio]]:
    """`studio_on(project)`: a Studio on a copy of it. `more` are environment variables, `model` options of the fake model."""
    opened: list[Studio] = []

    def start(project: Path, *, more: Mapping[str, str] | None = None, model: tuple[str, ...] = ()) -> Studio:
        home = tmp_path / f"served-{len(opened)}"
        shutil.copytree(project, home)
        fake = FakeProcess(*model).__enter__()
        known = {"OPENAI_BASE_URL": fake.base_url, "OPENAI_API_KEY": "sk-anything", **(more or {})}
        opened.append(Studio(Serving(home, more=known).__enter__(), browser, fake))
        return opened[-1]

    yield start
    for made in opened:
        for context in made.contexts:
            context.close()
        made.server.__exit__(None, None, None)
        made.model.__exit__(None, None, None)
    for made in opened:
        assert made.errors == []
        assert made.outside == []


@pytest.fixture
def filled(studio_on: Callable[..., Studio], imported: Path) -> Studio:
    """A Studio on 27,365 executions."""
    return studio_on(imported)
