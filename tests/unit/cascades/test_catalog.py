"""Which cascades there are, as files come, change, break and go."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from rvbbit.cascades import catalog as catalog_module
from rvbbit.cascades.catalog import BUILTIN, Catalog
from rvbbit.errors import CascadeInvalid, CascadeNotFound
from rvbbit.types import Operator

TEXT = """\
cascade_id: {id}
description: "{description}"
sql_function:
  name: {name}
  operators: ["{{{{ text }}}} {pattern} {{{{ topic }}}}"]
  args: [{{name: text}}, {{name: topic}}]
cells:
  - {{name: say, instructions: "<a>{{{{ input.text }}}}</a><b>{{{{ input.topic }}}}</b>"}}
"""


def put(home: Path, file: str, id_: str = "urgent", name: str | None = None, pattern: str | None = None, description: str = "") -> Path:
    path = home / "cascades" / f"{file}.cascade.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = TEXT.format(id=id_, name=name or id_, pattern=pattern or f"IS_{id_.upper()}", description=description)
    path.write_text(text, "utf-8")
    return path


def names(catalog: Catalog) -> set[str]:
    return {operator.name for operator in catalog.operators()}


def test_the_package_alone_has_its_operators() -> None:
    catalog = Catalog()
    shipped = {path.name.removesuffix(".cascade.yaml") for path in BUILTIN.glob("*.cascade.yaml")}
    assert names(catalog) == shipped - {"assess_confidence"} > {"about", "ask", "classify", "means", "similar_to"}
    assert catalog.problems() == ()


def test_files_of_the_project_count_in_any_subfolder(tmp_path: Path) -> None:
    put(tmp_path, "deep/er/urgent")
    assert "urgent" in names(Catalog(tmp_path))


def test_a_file_overrides_the_package_by_id(tmp_path: Path) -> None:
    put(tmp_path, "mine", "means", pattern="MEANS", description="mine")
    catalog = Catalog(tmp_path)
    assert catalog.find("means").spec.description == "mine"
    assert catalog.problems() == ()


def test_new_changed_and_deleted_files_count_at_the_next_call(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    assert "urgent" not in names(catalog)
    path = put(tmp_path, "urgent", description="first")
    assert catalog.find("URGENT").spec.description == "first"
    put(tmp_path, "urgent", description="other")
    assert catalog.find("urgent").spec.description == "other"
    path.unlink()
    with pytest.raises(CascadeNotFound):
        catalog.find("urgent")


def test_a_change_of_equal_length_within_one_tick_counts(tmp_path: Path) -> None:
    path = put(tmp_path, "urgent", description="first")
    catalog = Catalog(tmp_path)
    assert catalog.find("urgent").spec.description == "first"
    before = path.stat()
    path.unlink()
    put(tmp_path, "urgent", description="other")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert catalog.find("urgent").spec.description == "other"


def test_only_changed_files_are_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    load_file = catalog_module.load_file

    def counting(path: Path, origin: str | None = None) -> catalog_module.Loaded:
        parsed.append(path.name)
        return load_file(path, origin)

    monkeypatch.setattr(catalog_module, "load_file", counting)
    put(tmp_path, "one", "one")
    put(tmp_path, "two", "two")
    catalog = Catalog(tmp_path)
    catalog.operators()
    parsed.clear()
    catalog.operators()
    put(tmp_path, "two", "two", description="changed")
    catalog.operators()
    catalog.operators()
    assert parsed == ["two.cascade.yaml"]


def test_a_broken_file_is_told_and_takes_down_only_itself(tmp_path: Path) -> None:
    path = put(tmp_path, "urgent")
    path.write_text(path.read_text("utf-8") + "typo: 1\n", "utf-8")
    catalog = Catalog(tmp_path)
    assert catalog.find("means").id == "means"
    assert "urgent" in names(catalog)
    assert [problem.split(": ")[0] for problem in catalog.problems()] == ["cascades/urgent.cascade.yaml:9"]
    with pytest.raises(CascadeInvalid, match="unknown key"):
        catalog.find("urgent")


def test_a_broken_override_is_not_answered_by_what_it_overrides(tmp_path: Path) -> None:
    path = put(tmp_path, "mine", "means")
    path.write_text("cascade_id: means\ncells: 3\n", "utf-8")
    catalog = Catalog(tmp_path)
    assert "means" in names(catalog)
    with pytest.raises(CascadeInvalid, match="must be a list"):
        catalog.find("means")


def test_a_file_that_is_no_yaml_is_told_by_its_name(tmp_path: Path) -> None:
    put(tmp_path, "urgent").write_text("a: b: c", "utf-8")
    assert catalog_problem(tmp_path).startswith("cascades/urgent.cascade.yaml:1: (yaml):")


def catalog_problem(home: Path) -> str:
    (problem,) = Catalog(home).problems()
    return problem


def test_two_files_with_one_id_are_both_named_and_unusable(tmp_path: Path) -> None:
    put(tmp_path, "a", "urgent")
    put(tmp_path, "b", "urgent")
    problem = catalog_problem(tmp_path)
    assert "a.cascade.yaml" in problem
    assert "b.cascade.yaml" in problem
    with pytest.raises(CascadeInvalid):
        Catalog(tmp_path).get("urgent")


@pytest.mark.parametrize(("name", "pattern"), [("second", "is_first"), ("first", "IS_SECOND")])
def test_two_cascades_with_one_pattern_or_name_are_both_named_and_unusable(tmp_path: Path, name: str, pattern: str) -> None:
    put(tmp_path, "first", "first")
    put(tmp_path, "second", "second", name=name, pattern=pattern)
    catalog = Catalog(tmp_path)
    assert len(catalog.problems()) == 2
    assert all("first.cascade.yaml" in problem and "second.cascade.yaml" in problem for problem in catalog.problems())
    assert all("… IS_FIRST …" in problem or "FIRST()" in problem for problem in catalog.problems())
    for cascade in ("first", "second"):
        with pytest.raises(CascadeInvalid):
            catalog.get(cascade)
    assert catalog.find("means").id == "means"


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(CascadeNotFound, match="did you mean 'classify'"):
        Catalog().find("clasify")


def test_a_cascade_is_found_by_id_by_operator_and_by_path(tmp_path: Path) -> None:
    path = put(tmp_path, "urgent", "urgent", name="hurry")
    catalog = Catalog(tmp_path)
    found = [catalog.get("urgent"), catalog.get("hurry"), catalog.get(str(path)), catalog.get("cascades/urgent.cascade.yaml")]
    assert {cascade.id for cascade in found} == {"urgent"}
    with pytest.raises(CascadeNotFound):
        catalog.get("none.cascade.yaml")


def test_a_link_to_nothing_and_a_folder_that_is_a_file_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "cascades").mkdir()
    (tmp_path / "cascades" / "gone.cascade.yaml").symlink_to(tmp_path / "nothing")
    (tmp_path / "cascades" / "loop").symlink_to(tmp_path / "cascades")
    assert "cannot be read" in catalog_problem(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cascades").write_text("", "utf-8")
    assert Catalog(tmp_path / "other").problems() == ()


def test_threads_may_ask_at_once(tmp_path: Path) -> None:
    put(tmp_path, "urgent")
    catalog = Catalog(tmp_path)
    seen: list[set[str]] = []
    threads = [threading.Thread(target=lambda: seen.append(names(catalog))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert all("urgent" in one for one in seen)


def test_both_places_of_a_pattern_are_named(tmp_path: Path) -> None:
    put(tmp_path, "one", "one", pattern="LOOKS_LIKE")
    put(tmp_path, "deep/two", "two", pattern="LOOKS_LIKE")
    problems = Catalog(tmp_path).problems()
    line = next(
        n for n, text in enumerate((tmp_path / "cascades" / "one.cascade.yaml").read_text().splitlines(), 1) if "LOOKS_LIKE" in text
    )
    assert len(problems) == 2
    assert all(f"cascades/one.cascade.yaml:{line}" in one and f"cascades/deep/two.cascade.yaml:{line}" in one for one in problems)


def test_what_sql_means_already_makes_a_file_unusable_with_its_line(tmp_path: Path) -> None:
    path = put(tmp_path, "urgent", pattern="AT TIME ZONE")
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "AT TIME ZONE" in text)

    def collides(operator: Operator) -> list[tuple[str, str]]:
        return [(pattern, "means something already") for pattern in operator.patterns if "TIME ZONE" in pattern]

    catalog = Catalog(tmp_path, collides)
    assert catalog.problems() == (f"cascades/urgent.cascade.yaml:{line}: sql_function: means something already",)
    assert "means" in names(catalog)
    with pytest.raises(CascadeInvalid):
        catalog.find("urgent")


def test_every_cascade_can_be_called_by_its_id(tmp_path: Path) -> None:
    put(tmp_path, "urgent")
    plain = tmp_path / "cascades" / "plain.cascade.yaml"
    plain.write_text(
        "cascade_id: plain\ninputs_schema:\n  text: what is read\n  times: {type: integer, default: 2}\n"
        "cells:\n  - name: a\n    instructions: '{{ input.text }} {{ input.times }}'\n    output_schema: {type: number}\n"
    )
    (tmp_path / "cascades" / "broken.cascade.yaml").write_text("cascade_id: broken\ncells: 3\n")
    found = Catalog(tmp_path).callable()
    called = found["plain"]
    assert isinstance(called, Operator)
    assert [(p.name, p.type, p.optional, p.default) for p in called.parameters] == [
        ("text", "ANY", False, None),
        ("times", "BIGINT", True, 2),
    ]
    assert (called.returns, called.patterns) == ("DOUBLE", ())
    urgent, broken = found["urgent"], found["broken"]
    assert isinstance(urgent, Operator) and urgent.name == "urgent"
    assert isinstance(broken, str) and broken.startswith("cascades/broken.cascade.yaml:2: cells")
