"""`rvbbit init` and `rvbbit operators new`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rvbbit import settings

Run = Callable[..., Any]


def test_init_makes_a_project(rvbbit_cli: Run, tmp_path: Path) -> None:
    done = rvbbit_cli("init", str(tmp_path / "new"))
    assert done.code == 0
    made = {str(path.relative_to(tmp_path / "new")) for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert made == {"rvbbit.toml", ".gitignore", "cascades/team.cascade.yaml", "data/.gitkeep"}
    assert (tmp_path / "new" / ".gitignore").read_text() == ".rvbbit/\n"


def test_init_overwrites_nothing_and_says_so(rvbbit_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "rvbbit.toml").write_text("# mine\n")
    done = rvbbit_cli("init", str(tmp_path))
    assert (tmp_path / "rvbbit.toml").read_text() == "# mine\n"
    assert f"kept   {tmp_path / 'rvbbit.toml'}" in done.out


def test_the_written_settings_change_nothing_and_name_every_setting(rvbbit_cli: Run, tmp_path: Path) -> None:
    rvbbit_cli("init", str(tmp_path))
    loaded = settings.load(env={}, cwd=tmp_path)
    assert loaded.home == tmp_path and loaded.model == "local:minilm"
    text = (tmp_path / "rvbbit.toml").read_text()
    assert all(f"# {s.name} = " in text for s in settings.SETTINGS if s.name not in {"home", "token"})


def test_a_setting_without_its_comment_sign_is_what_the_default_is(rvbbit_cli: Run, tmp_path: Path) -> None:
    rvbbit_cli("init", str(tmp_path))
    file = tmp_path / "rvbbit.toml"
    file.write_text(file.read_text().replace("# model = ", "model = ").replace("# concurrency = ", "concurrency = "))
    loaded = settings.load(env={}, cwd=tmp_path)
    assert (loaded.model, loaded.concurrency, loaded.source("model")) == ("local:minilm", 64, str(file))


def test_a_directory_that_cannot_be_made_is_bad_usage(rvbbit_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert rvbbit_cli("init", str(tmp_path / "file" / "project")).code == 2


def test_a_new_operator_is_a_file_to_edit(db: Any, rvbbit_cli: Run, tmp_path: Path) -> None:
    done = rvbbit_cli("operators", "new", "urgent")
    path = tmp_path / "cascades" / "urgent.cascade.yaml"
    assert done.out == f"{path}\n" and "URGENT({{ text }}, {{ criterion }})" in path.read_text()
    again = rvbbit_cli("operators", "new", "urgent")
    assert again.code == 2 and str(path) in again.err


@pytest.mark.parametrize("name", ["two words", "../evil", "9lives", ""])
def test_an_unfit_name_is_refused(db: Any, rvbbit_cli: Run, name: str) -> None:
    assert rvbbit_cli("operators", "new", name).code == 2
