"""Import: real files of each kind looked at, mapped and landed once; bad lines by number; files that are none; hostile text."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from support.browser import DESK, PHONE, Studio, serious
from support.logged import LOGS

BANKING = LOGS.parent / "banking77" / "test.csv"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    return studio_on(empty)


def total(studio: Studio, **asked: Any) -> int:
    return int(studio.server.http.get("/api/training/examples", params={"limit": 1, **asked}).json()["total"])


def given(page: Page, file: Path) -> None:
    page.get_by_label("File", exact=True).set_input_files(file)
    expect(page.get_by_role("region", name="The file")).to_contain_text(file.name)


def figure(page: Page, name: str) -> Any:
    return page.get_by_label("Records", exact=True).get_by_text(name, exact=True).locator("xpath=following-sibling::*[1]")


def slice_of(kind: str, folder: Path) -> Path:
    """The first 200 records of a real file."""
    file = folder / f"slice.{kind}"
    if kind == "csv":
        with BANKING.open() as source, file.open("w") as target:
            target.writelines([next(source) for _ in range(201)])
        return file
    rows = pq.read_table(LOGS / "logs_part1.parquet").slice(0, 200)
    if kind == "parquet":
        pq.write_table(rows, file)
    else:
        file.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows.to_pylist()))
    return file


@pytest.mark.skipif(not LOGS.is_dir(), reason="the evaluation data of ../shared/data is not here")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_lands_once(studio: Studio, tmp_path: Path, kind: str) -> None:
    file = slice_of(kind, tmp_path)
    page = studio.page("/import")
    given(page, file)
    expect(page.get_by_role("heading", name="What would land")).to_be_visible()
    expect(figure(page, "New")).to_have_text("200")
    assert total(studio) == 0, "a look keeps nothing"
    page.get_by_role("button", name="Import 200 executions").click()
    expect(page.get_by_role("heading", name="200 executions landed")).to_be_visible()
    assert total(studio) == 200
    given(page, file)
    expect(figure(page, "Known already")).to_have_text("200")
    expect(page.get_by_role("button", name="Import 0 executions")).to_be_disabled()
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("button", name="Look again")).to_be_enabled()
    expect(figure(page, "Known already")).to_have_text("200")
    assert total(studio) == 200
    page.get_by_role("link", name="Training", exact=True).click()
    expect(page.get_by_text(re.compile("200 executions")).first).to_be_visible()


def test_columns_are_mapped_as_one_looks(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    with file.open("w") as target:
        csv.writer(target).writerows([["frage", "antwort", "who"], *[[f"question {n}", f"answer {n}", "gpt-x"] for n in range(5)]])
    page = studio.page("/import")
    given(page, file)
    expect(figure(page, "Rejected")).to_have_text("5")
    expect(page.get_by_label("Records that cannot be taken")).to_contain_text("map a column to user_input")
    expect(page.get_by_role("button", name="Import 0 executions")).to_be_disabled()
    page.get_by_label("Take frage as").select_option("user_input")
    page.get_by_label("Take antwort as").select_option("answer")
    page.get_by_label("Take who as").select_option("model")
    expect(figure(page, "New")).to_have_text("5")
    expect(page.get_by_label("The first executions")).to_contain_text("question 0")
    page.get_by_label("Cascade they teach").select_option("reply")
    expect(page.get_by_label("The first executions")).to_contain_text("reply.reply")
    page.get_by_role("button", name="Import 5 executions").click()
    expect(page.get_by_role("heading", name="5 executions landed")).to_be_visible()
    rows = studio.server.http.get("/api/training/examples", params={"cascade_id": "reply"}).json()["examples"]
    assert {(row["model"], row["inputs"]["prompt"], row["answer"]) for row in rows} == {
        ("gpt-x", f"question {n}", f"answer {n}") for n in range(5)
    }


def test_bad_lines_are_told_by_number_and_the_others_land(studio: Studio, tmp_path: Path) -> None:
    good = [json.dumps({"id": str(n), "prompt": f"p{n}", "response": "fine", "model": "m"}) for n in range(3)]
    file = tmp_path / "bad.jsonl"
    bad = ["not json", '{"prompt": "x"}', '{"prompt": "x", "response": "y", "created_at": "once"}']
    file.write_text("\n".join([good[0], bad[0], bad[1], good[1], bad[2], good[2]]))
    page = studio.page("/import")
    given(page, file)
    expect(figure(page, "Rejected")).to_have_text("3")
    problems = page.get_by_label("Records that cannot be taken").get_by_role("row")
    for place, (line, reason) in enumerate([(2, "not JSON"), (3, "answered"), (5, "'once' is not a time")], start=1):
        expect(problems.nth(place)).to_contain_text(re.compile(f"^{line}.*{reason}"))
    page.get_by_role("button", name="Import 3 executions").click()
    expect(page.get_by_role("heading", name="3 executions landed")).to_be_visible()
    assert total(studio) == 3


RUBBISH = {"empty": b"", "bytes": b"\x00\xff\xfe rubbish \x80" * 500, "parquet": b"PAR1 but no parquet", "html": b"<html>no log</html>"}


@pytest.mark.parametrize("content", RUBBISH.values(), ids=RUBBISH)
def test_a_file_that_is_none_is_told_and_keeps_nothing(studio: Studio, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.bin"
    file.write_bytes(content)
    page = studio.page("/import")
    given(page, file)
    expect(page.get_by_role("status").filter(has_text="the server reads it")).to_have_count(0)
    told = page.get_by_role("alert").or_(page.get_by_role("button", name="Import 0 executions"))
    expect(told.first).to_be_visible()
    if page.get_by_role("alert").count():
        assert len(page.get_by_role("alert").inner_text()) > 20
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("alert")).to_be_visible()
    else:
        expect(page.get_by_role("button", name="Import 0 executions")).to_be_disabled()
    assert total(studio) == 0
    studio.errors.clear()  # the refusal is a failed request, and the browser says so


def test_hostile_text_in_every_column_is_text_everywhere(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / f"{HOSTILE[:14].replace('/', '')}.jsonl"
    fields = ("id", "prompt", "response", "model", "session_id", "caller_id", "cascade_id", "cell_name", "notes", "finish_reason")
    file.write_text(json.dumps({**dict.fromkeys(fields, HOSTILE), HOSTILE: HOSTILE}))
    page = studio.page("/import")
    given(page, file)
    expect(figure(page, "New")).to_have_text("1")
    expect(page.get_by_label("The first executions")).to_contain_text("<script>")
    page.get_by_role("button", name=re.compile("Import 1")).click()
    expect(page.get_by_role("heading", name="1 execution landed")).to_be_visible()
    row = studio.server.http.get("/api/training/examples").json()["examples"][0]
    assert row["session_id"] == row["cascade_id"] == HOSTILE
    for path in ("/training", "/review", "/sets", "/sessions", "/costs", "/sql"):
        page.goto(studio.server.url + path)
        expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert "owned" not in page.title()
        assert page.locator("img[src=x]").count() == 0
    page.goto(studio.server.url + "/sessions")
    page.get_by_role("link", name=HOSTILE).click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.locator(".ag-row").nth(1).click()
    expect(page.get_by_role("complementary", name="Call")).to_contain_text("<script>")
    assert "owned" not in page.title()


def test_a_file_is_dropped(studio: Studio) -> None:
    page = studio.page("/import")
    text = json.dumps({"prompt": "p", "response": "r"})
    page.get_by_role("region", name="The file").evaluate(
        """(where, text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.jsonl"));
            for (const type of ["dragover", "drop"]) where.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true }));
        }""",
        text,
    )
    expect(page.get_by_role("region", name="The file")).to_contain_text("dropped.jsonl")
    expect(figure(page, "New")).to_have_text("1")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(studio: Studio, tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text('{"prompt": "p", "response": "r", "else": 1}\nnot json\n')
    page = studio.page("/import", size, color_scheme=theme)
    expect(page.get_by_role("region", name="The file")).to_be_visible()
    assert serious(page) == []
    given(page, file)
    expect(page.get_by_role("heading", name="What would land")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Import 1 execution").click()
    expect(page.get_by_role("heading", name="1 execution landed")).to_be_visible()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
