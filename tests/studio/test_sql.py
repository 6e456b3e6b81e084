"""The page SQL: a query is written, run, cancelled and explained, and its answers are corrected where one sees them."""

from __future__ import annotations

import csv
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from support.browser import DESK, PHONE, Studio, serious
from support.serving import until

LETTERS = (
    "CREATE TABLE letters AS SELECT i AS number, 'letter ' || i || ' about a lost parcel' AS body, i % 7 = 0 AS urgent,"
    " CASE WHEN i = 3 THEN NULL ELSE 'say \"hi\", Zoë' END AS note FROM range(1, {}) r(i)"
)
NASTY = '<img src=x onerror="window.hacked=1">'


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    """With a table of 40 letters."""
    return lettered(studio_on(empty))


def lettered(made: Studio, rows: int = 40) -> Studio:
    assert made.server.sql(LETTERS.format(rows + 1)).status_code == 200
    return made


def editor(page: Page) -> Any:
    return page.get_by_role("textbox", name="SQL", exact=True)


def write(page: Page, sql: str) -> None:
    """In place of what is there."""
    editor(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")  # Chromium styles what takes the place of coloured text, which the policy refuses
    page.keyboard.insert_text(sql)
    page.keyboard.press("Escape")


def run(page: Page, sql: str) -> None:
    write(page, sql)
    page.keyboard.press("Control+Enter")


def status(page: Page) -> Any:
    return page.get_by_role("status").filter(has_text=re.compile("Running|Cancelling|Done|Failed|Cancelled|Explained"))


def cells(page: Page, column: int) -> Any:
    return page.locator(f'.ag-cell[col-id="{column}"]')


def executions(page: Page) -> Any:
    return page.get_by_role("tabpanel", name="Executions")


def logged(studio: Studio, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.server.http.get("/api/training/examples", params=asked).json()["examples"]
    return found


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
    expect(page.locator(".cm-completionInfo")).to_contain_text("text MEANS criterion")
    page.keyboard.press("Escape")
    page.keyboard.type("NS 'a parcel is lost'")
    assert editor(page).inner_text().strip() == "SELECT body FROM letters WHERE number < 6 AND body MEANS 'a parcel is lost'"
    expect(page.locator(".cm-line span", has_text="MEANS").first).to_be_visible()  # a keyword, in its colour
    page.keyboard.press("Control+Enter")
    expect(status(page)).to_contain_text("Done")
    (query,) = studio.server.http.get("/api/queries").json()["queries"]
    expect(status(page)).to_contain_text(f"{query['rows']} row")
    expect(status(page)).to_contain_text("5 calls")
    expect(cells(page, 0)).to_have_count(query["rows"])
    expect(executions(page)).to_contain_text("5 executions")
    assert f"query={query['query_id']}" in page.url
    cells(page, 0).first.focus()
    page.keyboard.press("Space")
    expect(executions(page).get_by_text("with “letter")).to_be_visible()


def test_a_sample_is_a_query_that_runs(studio: Studio) -> None:
    page = studio.page("/sql")
    page.get_by_role("button", name="SELECT * FROM letters LIMIT 100").click()
    page.get_by_role("button", name="Run", exact=False).click()
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
    kept = len(logged(studio, limit=1_000))
    before = studio.model.stats()["calls"]
    page.get_by_role("button", name="Run", exact=False).click()
    expect(status(page)).to_contain_text("Done", timeout=60_000)
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


def test_what_is_marked_beside_the_results_teaches_the_next_run(studio: Studio) -> None:
    page = studio.page("/sql")
    sql = "SELECT number, REPLY(body) AS reply FROM letters WHERE number < 4 ORDER BY number"
    run(page, sql)
    expect(page.get_by_text("📚 No training examples available yet")).to_be_attached()
    cells(page, 1).nth(1).click()  # the row's text finds the execution it is from
    beside = executions(page)
    reply = cells(page, 1).nth(1).inner_text()
    expect(beside.get_by_text(f"with “{reply}”")).to_be_visible()
    (execution,) = logged(studio, search=reply)
    beside.get_by_role("button", name="Trainable").first.click()
    expect(page.get_by_text("Made trainable")).to_be_visible()
    assert logged(studio, trainable=True)[0]["trace_id"] == execution["trace_id"]
    page.get_by_role("button", name="All executions of the query").click()
    expect(beside).to_contain_text("3 executions")
    run(page, sql)
    expect(page.get_by_text("📚 Injected 1 training examples")).to_be_attached()
    newest = studio.server.http.get("/api/queries").json()["queries"][0]["query_id"]
    taught = [studio.server.http.get(f"/api/training/examples/{one['trace_id']}").json() for one in logged(studio, query_id=newest)]
    others = [one for one in taught if one["inputs"] != execution["inputs"]]  # nobody is shown the answer to what is asked
    assert len(others) == 2 and len(taught) == 3
    assert [example["trace_id"] for one in taught for example in one["examples"]] == [execution["trace_id"]] * len(others)
    assert all(reply in str(one["request"]) for one in others)


def test_an_answer_is_corrected_where_one_sees_it_and_taken_back(studio: Studio) -> None:
    page = studio.page("/sql")
    run(page, "SELECT number, REPLY(body) AS reply FROM letters WHERE number < 3")
    beside = executions(page)
    expect(beside).to_contain_text("2 executions")
    line = beside.get_by_role("listitem").first
    line.get_by_role("button", name="Correct the answer").click()
    line.get_by_role("textbox", name="The right answer").fill("We send it again.")
    line.get_by_role("button", name="Save").click()
    expect(line.get_by_text("We send it again.")).to_be_visible()
    (corrected,) = logged(studio, verified=True)
    assert (corrected["corrected_output"], corrected["trainable"]) == ("We send it again.", True)
    page.get_by_role("button", name="Undo").click()
    until(lambda: not logged(studio, verified=True))
    expect(beside.get_by_text("We send it again.")).to_be_hidden()
    for _ in range(2):
        line.get_by_role("button", name="Verified").click()
        until(lambda: logged(studio, verified=True))
        expect(line.get_by_role("button", name="Verified", pressed=True)).to_be_enabled()
        page.keyboard.press("Control+z")
        until(lambda: not logged(studio, verified=True))
        expect(line.get_by_role("button", name="Verified", pressed=False)).to_be_enabled()
    beside.get_by_role("radio", name="Least sure").check()
    expect(beside.get_by_role("heading", name="None of them is scored yet")).to_be_visible()
    beside.get_by_role("radio", name="Newest").check()
    beside.get_by_role("link", name="Open the execution").first.click()
    expect(page).to_have_url(re.compile("/training.*open="))


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
    page.get_by_role("button", name="Run", exact=False).click()
    expect(status(page)).to_contain_text("Done")
    assert {one["model"] for one in logged(studio, query_id=page.url.rpartition("query=")[2])} == {"openai:other"}
    studio.errors.clear()


def test_history_brings_a_query_back_and_a_link_brings_it_to_others(studio: Studio) -> None:
    page = studio.page("/sql", permissions=["clipboard-read", "clipboard-write"])
    queries = ["SELECT number FROM letters WHERE body MEANS 'one' AND number < 3", "SELECT REPLY(body) FROM letters WHERE number = 9"]
    for sql in queries:
        run(page, sql)
        expect(status(page)).to_contain_text("Done")
        expect(page).to_have_url(re.compile("query="))
        page.get_by_role("tab", name="Executions").click()
    page.get_by_role("tab", name="History").click()
    past = page.get_by_role("tabpanel", name="History")
    expect(past.get_by_role("listitem")).to_have_count(2)
    past.get_by_role("searchbox", name="Search in queries").fill("'one'")
    expect(past.get_by_role("listitem")).to_have_count(1)
    past.get_by_role("button").filter(has_text="MEANS 'one'").click()
    expect(editor(page)).to_have_text(queries[0])
    expect(page.get_by_role("button", name="Run it again")).to_be_visible()
    page.get_by_role("tab", name="Executions").click()
    expect(executions(page)).to_contain_text("2 executions")
    page.get_by_role("button", name="Run it again").click()
    expect(status(page)).to_contain_text("0 calls")
    page.get_by_role("button", name="Copy a link to this query").click()
    link = page.evaluate("navigator.clipboard.readText()")
    other = studio.page(link.removeprefix(studio.server.url))
    expect(editor(other)).to_have_text(queries[0])
    assert len(studio.server.http.get("/api/queries").json()["queries"]) == 3  # opening it ran nothing


def test_a_server_that_dies_in_the_middle_is_told_and_nothing_is_claimed(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = lettered(studio_on(empty, more={"RVBBIT_CONCURRENCY": "4"}, model=("--latency", "0.25")), 200)
    page = studio.page("/sql")
    run(page, "SELECT number FROM letters WHERE body MEANS 'lost'")
    expect(status(page)).to_contain_text("/ 200")
    studio.server.process.send_signal(signal.SIGKILL)
    studio.server.process.wait()
    expect(page.get_by_role("alert")).to_contain_text("rvbbit serve")
    expect(status(page)).to_contain_text("Failed")
    page.get_by_role("button", name="Run", exact=False).click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    studio.errors.clear()


def test_a_page_that_would_leave_a_running_query_asks_first(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = lettered(studio_on(empty, more={"RVBBIT_CONCURRENCY": "4"}, model=("--latency", "0.25")), 100)
    page = studio.page("/sql")
    run(page, "SELECT number FROM letters WHERE body MEANS 'lost'")
    expect(status(page)).to_contain_text("/ 100")
    page.get_by_role("link", name="Operators").click()  # another page of the Studio: it goes on
    expect(page.get_by_role("heading", name="Operators")).to_be_visible()
    page.get_by_role("link", name="SQL").click()
    expect(status(page)).to_contain_text("Running")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]
    until(lambda: studio.server.http.get("/api/queries").json()["queries"][0]["error_code"] == "cancelled")


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


def test_on_a_phone_a_row_leads_to_its_execution(studio: Studio) -> None:
    page = studio.page("/sql", PHONE, has_touch=True)
    run(page, "SELECT REPLY(body) AS reply FROM letters WHERE number < 4")
    expect(status(page)).to_contain_text("Done")
    cells(page, 0).first.click()
    expect(page.get_by_role("tab", name="Executions")).to_have_attribute("aria-selected", "true")
    beside = executions(page)
    expect(beside.get_by_text("with “")).to_be_visible()
    beside.get_by_role("button", name="Trainable").first.click()
    until(lambda: len(logged(studio, trainable=True)) == 1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Run", exact=False).click()
    expect(page.get_by_role("tab", name="Result")).to_have_attribute("aria-selected", "true")


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
