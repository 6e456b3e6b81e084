"""Beside the rows of a query: its executions, marked and corrected where one sees them; its history; a server or a page that goes away."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser import PHONE, Studio
from support.querying import cells, editor, executions, lettered, logged, run, status
from support.serving import until


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    """With a table of 40 letters."""
    return lettered(studio_on(empty))


def done(studio: Studio) -> list[str]:
    """Ids of the queries that are done, the newest first."""
    return [one["query_id"] for one in studio.server.http.get("/api/queries").json()["queries"]]


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
    until(lambda: len(done(studio)) == 2)  # of examples one is told while it runs
    newest = done(studio)[0]
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
    expect(page.get_by_text("Link copied")).to_be_visible()
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
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.context.close()  # it goes on to ask
    studio.errors.clear()


def test_a_page_that_would_leave_a_running_query_asks_first(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = lettered(studio_on(empty, more={"RVBBIT_CONCURRENCY": "4"}, model=("--latency", "0.25")), 400)
    page = studio.page("/sql")
    run(page, "SELECT number FROM letters WHERE body MEANS 'lost'")
    expect(status(page)).to_contain_text("/ 400")
    page.get_by_role("link", name="Operators").click()  # another page of the Studio: it goes on
    expect(page.get_by_role("heading", name="Operators")).to_be_visible()
    page.get_by_role("link", name="SQL").click()
    expect(status(page)).to_contain_text("Running")  # 25 seconds, were it not left
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]
    until(lambda: [one["error_code"] for one in studio.server.http.get("/api/queries").json()["queries"]] == ["cancelled"])


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
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("tab", name="Result")).to_have_attribute("aria-selected", "true")
