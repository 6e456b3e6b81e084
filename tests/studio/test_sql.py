"""The page SQL: a query is written, run, cancelled and explained, and its answers are corrected where one sees them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from rvbbit.sql.statements import Hints
from support.browser import DESK, PHONE, Studio, serious
from support.querying import cells, editor, executions, lettered, logged, run, status, write

NASTY = '<img src=x onerror="window.hacked=1">'


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    """With a table of 40 letters."""
    return lettered(studio_on(empty))


def offered(page: Page) -> Any:
    return page.locator(".cm-tooltip-autocomplete")


def take(page: Page) -> None:
    """What is offered first; the editor takes no key for it in the first moments, in which one may still be typing."""
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    expect(offered(page)).to_be_hidden()


def test_a_query_is_written_with_completion_and_run_without_a_mouse(studio: Studio) -> None:
    page = studio.page("/sql")
    expect(page.get_by_role("heading", name="Ask your tables")).to_be_visible()
    editor(page).focus()
    page.keyboard.type("SELECT body FROM lett")
    expect(offered(page).get_by_text("letters", exact=True)).to_be_visible()
    take(page)
    page.keyboard.type(" WHERE numb")
    expect(offered(page)).to_contain_text("letters · BIGINT")
    take(page)
    page.keyboard.type(" < 6 AND body MEA")
    expect(offered(page)).to_contain_text("MEANS criterion")
    told = page.locator(".cm-completionInfo")
    while "text MEANS criterion" not in told.inner_text():  # MEANING and MEANINGS stand before it
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(200)
    page.keyboard.press("Escape")
    page.keyboard.type("NS 'a parcel is lost'")
    expect(editor(page)).to_have_text("SELECT body FROM letters WHERE number < 6 AND body MEANS 'a parcel is lost'")
    expect(page.locator(".cm-line span", has_text="MEANS").first).to_be_visible()  # a keyword, in its colour
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_contain_text("Done")
    (query,) = studio.server.http.get("/api/queries").json()["queries"]
    expect(status(page)).to_contain_text(f"{query['rows']} row")
    expect(status(page)).to_contain_text("5 calls")
    expect(cells(page, 0)).to_have_count(query["rows"])
    expect(executions(page)).to_contain_text("5 executions")
    expect(page).to_have_url(re.compile(f"query={query['query_id']}"))
    cells(page, 0).first.focus()
    page.keyboard.press("Space")
    expect(executions(page).get_by_text("with “letter")).to_be_visible()


def test_behind_a_dot_stand_columns_and_no_keywords(studio: Studio) -> None:
    page = studio.page("/sql")
    expect(page.get_by_role("heading", name="Ask your tables")).to_be_visible()  # it knows them from then on
    editor(page).focus()
    page.keyboard.type("SELECT letters.bod")
    expect(offered(page).get_by_text("body", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    write(page, "")
    page.keyboard.type("SELECT nowhere.text")
    page.wait_for_timeout(500)
    expect(offered(page)).to_be_hidden()


def test_every_hint_is_offered(studio: Studio) -> None:
    page = studio.page("/sql")
    for name in Hints.__slots__:
        write(page, "")
        page.keyboard.type(f"-- @ {name}")
        expect(offered(page).get_by_role("option", name=re.compile(f"^{name}:?$"))).to_be_visible()
        page.keyboard.press("Escape")


def test_a_sample_is_a_query_that_runs(studio: Studio) -> None:
    page = studio.page("/sql")
    page.get_by_role("button", name="SELECT * FROM letters LIMIT 100").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(status(page)).to_contain_text("40 rows")
    expect(page.get_by_text("40 rows, 4 columns")).to_be_visible()


def test_a_long_query_says_how_far_it_is_is_cancelled_and_goes_on(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = lettered(studio_on(empty, more={"RVBBIT_CONCURRENCY": "4"}, model=("--latency", "0.25")), 200)
    page = studio.page("/sql")
    run(page, "SELECT number FROM letters WHERE body MEANS 'lost'")
    expect(status(page)).to_contain_text("Running")
    expect(status(page)).to_contain_text("/ 200")
    expect(status(page)).to_contain_text(" left")
    expect(status(page)).to_contain_text("from memory")
    expect(status(page)).to_contain_text("$")
    assert 0 < int(page.get_by_role("progressbar", name="Calls").get_attribute("value") or 0) < 200
    expect(executions(page)).to_contain_text("execution")  # those that are there already
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    (query,) = studio.server.http.get("/api/queries").json()["queries"]
    assert query["error_code"] == "cancelled" and 0 < query["calls"] < 200
    before = studio.model.stats()["calls"]
    page.get_by_role("button", name="Run", exact=True).click()
    expect(status(page)).to_contain_text("Done", timeout=60_000)
    kept = len(logged(studio, limit=1_000, query_id=query["query_id"]))  # the last of them come to the log after the word that it ended
    expect(status(page)).to_contain_text(f"{kept} from memory")
    assert studio.model.stats()["calls"] - before == 200 - kept


def test_results_come_as_files_with_every_row(studio: Studio, tmp_path: Path) -> None:
    page = studio.page("/sql")
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Rows shown").select_option("1,000")
    page.keyboard.press("Escape")
    sql = "SELECT *, {'a': [1, NULL]} AS nested FROM letters, range(50) ORDER BY number, range"
    run(page, sql)
    expect(page.get_by_text("the first 1,000 of 2,000 rows, 6 columns")).to_be_visible()
    wanted = studio.server.sql(sql).json()
    for kind in ("CSV", "Parquet"):
        with page.expect_download() as begun:
            page.get_by_role("button", name="Download").click()
            page.get_by_role("menuitem", name=kind).click()
        assert begun.value.suggested_filename == f"result.{kind.lower()}"
        begun.value.save_as(tmp_path / kind)
    with (tmp_path / "CSV").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == [column["name"] for column in wanted["columns"]] == ["number", "body", "urgent", "note", "range", "nested"]
    assert [row[:2] for row in rows] == [[str(row[0]), row[1]] for row in wanted["rows"]]
    assert {row[3] for row in rows} == {'say "hi", Zoë', ""}
    table = pq.read_table(tmp_path / "Parquet")
    assert (table.num_rows, str(table.schema.field("number").type)) == (2_000, "int64")
    assert table["note"].to_pylist() == [row[3] for row in wanted["rows"]]
    run(page, "SELECT number, note FROM letters WHERE number < 5")
    expect(page.get_by_text("4 rows, 2 columns")).to_be_visible()
    with page.expect_download() as begun:  # what is here whole is written here
        page.get_by_role("button", name="Download").click()
        page.get_by_role("menuitem", name="CSV").click()
    assert (
        Path(begun.value.path()).read_bytes()
        == b'number,note\r\n1,"say ""hi"", Zo\xc3\xab"\r\n2,"say ""hi"", Zo\xc3\xab"\r\n3,\r\n4,"say ""hi"", Zo\xc3\xab"\r\n'
    )


def test_a_plan_is_drawn_before_anything_is_asked_and_after(studio: Studio) -> None:
    page = studio.page("/sql")
    query = "SELECT REPLY(body) FROM letters WHERE body MEANS 'lost' AND number < 21"
    write(page, query)
    page.get_by_role("button", name="Explain").click()
    expect(status(page)).to_contain_text("Explained")
    plan = page.get_by_role("region", name="Plan")
    expect(plan.get_by_role("listitem")).to_have_text(
        [re.compile(word) for word in ("Project", "SemanticMap", "SemanticFilter", "Filter", "Scan")]
    )
    semantic = plan.get_by_role("listitem").filter(has_text="SemanticFilter")
    expect(semantic).to_contain_text("20 rows")
    expect(semantic).to_contain_text("20 distinct0 from memory20 calls to make")
    expect(plan.get_by_role("listitem").filter(has_text="SemanticMap")).to_contain_text("known once those below are answered")
    expect(plan).to_contain_text("no model was asked")
    expect(plan.get_by_role("term").filter(has_text="Cost")).to_be_visible()
    assert studio.model.stats()["calls"] == 0
    run(page, f"EXPLAIN ANALYZE {query}")
    expect(plan).to_contain_text("What it took")
    took = studio.model.stats()["calls"]
    expect(plan).to_contain_text(f"Calls{took}")
    run(page, f"EXPLAIN {query}")
    expect(plan).to_contain_text("20 from memory")
    run(page, "EXPLAIN SELECT 1 AS plain")
    expect(plan).to_contain_text("Projections: plain")


def test_what_is_wrong_says_where_and_how_to_mend(studio: Studio) -> None:
    page = studio.page("/sql")
    run(page, "SELECT number,\n  bodi\nFROM letters")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("bodi")
    expect(alert).to_contain_text("body")  # what it may have meant
    expect(page.locator(".cm-lintRange-error")).to_have_text("bodi")
    alert.get_by_role("button", name="Go to line 2, column 3").click()
    page.keyboard.press("Control+Shift+ArrowRight")
    page.keyboard.type("body")
    expect(page.locator(".cm-lintRange-error")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_contain_text("40 rows")
    run(page, "SELECT body MEENS 'x' FROM letters")
    expect(alert).to_contain_text("MEANS")
    run(page, "SELECT 1 FROM (SELECT")
    expect(alert).to_contain_text("line 1")
    studio.errors.clear()  # the browser logs a status of 400


def test_what_a_sample_measured_stands_below_the_plan(studio: Studio) -> None:
    page = studio.page("/sql")
    run(page, "EXPLAIN (SAMPLE 8) SELECT number FROM letters WHERE body MEANS 'lost' LIMIT 3")
    plan = page.get_by_role("region", name="Plan")
    expect(plan.get_by_label("Measured on a sample")).to_contain_text("measured on 8 of")
    expect(plan.get_by_label("Measured on a sample")).to_contain_text("-- @ pack: 16")
    expect(plan).not_to_contain_text("no model was asked")
    expect(plan).to_contain_text("≤ 4")
    expect(plan).to_contain_text("asks until 3 rows pass")


def test_a_budget_a_model_and_how_many_rows_are_options(studio: Studio) -> None:
    page = studio.page("/sql")
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Budget in USD").fill("0.000001")
    page.keyboard.press("Escape")
    run(page, "SELECT number FROM letters WHERE body MEANS 'lost'")
    expect(page.get_by_role("alert")).to_contain_text("budget")
    assert studio.model.stats()["calls"] <= 1
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Budget in USD").fill("")
    page.get_by_label("Model").fill("openai:other")
    page.keyboard.press("Escape")
    page.reload()  # they stay
    page.get_by_role("button", name="Run", exact=True).click()
    expect(status(page)).to_contain_text("Done")
    expect(page).to_have_url(re.compile("query="))
    assert {one["model"] for one in logged(studio, query_id=page.url.rpartition("query=")[2])} == {"openai:other"}
    studio.errors.clear()


def test_text_from_tables_names_and_answers_is_never_markup(studio: Studio) -> None:
    quoted = NASTY.replace("'", "''")
    made = f"CREATE TABLE \"<b>t</b>\" AS SELECT '{quoted}' AS \"<img src=x onerror=window.hacked=2>\", ['{quoted}'] AS more"
    assert studio.server.sql(made).status_code == 200
    page = studio.page("/sql")
    run(
        page,
        'SELECT *, REPLY("<img src=x onerror=window.hacked=2>") AS "<script>window.hacked=3</script>" FROM "<b>t</b>"',
    )
    expect(status(page)).to_contain_text("1 row")
    expect(cells(page, 0)).to_have_text(NASTY)
    expect(page.locator(".ag-header-cell-text", has_text="<script>window.hacked=3</script>")).to_be_visible()
    cells(page, 0).click()
    expect(executions(page).get_by_text(NASTY).first).to_be_visible()
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("tabpanel", name="History")).to_contain_text("<script>")
    run(page, f"EXPLAIN SELECT REPLY('{quoted}')")
    expect(page.get_by_role("region", name="Plan")).to_contain_text("onerror")
    run(page, 'SELECT * FROM "<img src=x onerror=window.hacked=4>"')
    expect(page.get_by_role("alert")).to_contain_text("onerror")
    editor(page).focus()
    page.keyboard.press("Control+a")
    page.keyboard.type('SELECT * FROM "<b>')
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0
    studio.errors.clear()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious_in_any_state(studio: Studio, size: tuple[int, int], theme: str) -> None:
    page = studio.page("/sql", size, color_scheme=theme)
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        page.wait_for_timeout(250)
        found[state] = serious(page)

    expect(page.get_by_role("heading", name="Ask your tables")).to_be_visible()
    look("empty")
    run(page, "SELECT *, REPLY(body) AS reply FROM letters WHERE number < 30")
    expect(cells(page, 1).first).to_be_visible()
    look("rows")
    cells(page, 1).first.click()
    expect(executions(page).get_by_text("with “")).to_be_visible()
    executions(page).get_by_role("button", name="Correct the answer").first.click()
    look("executions")
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_role("tabpanel", name="History").get_by_role("listitem")).to_have_count(1)
    look("history")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("region", name="Plan")).to_be_visible()
    look("plan")
    run(page, "SELECT bodi FROM letters")
    expect(page.get_by_role("alert")).to_be_visible()
    look("error")
    page.get_by_role("button", name="Options").click()
    look("options")
    assert {state: grave for state, grave in found.items() if grave} == {}
    studio.errors.clear()
