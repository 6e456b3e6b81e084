"""Sessions: the list, one session as a timeline of statements, runs and calls, and marks made from there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.browser import DESK, PHONE, Studio, serious

TWO = """
cascade_id: two
inputs_schema: {text: a text}
sql_function:
  name: two
  operators: ["TWO({{ text }})"]
  args: [{name: text, type: VARCHAR}]
  returns: VARCHAR
cells:
  - name: draft
    instructions: "Draft: {{ input.text }}"
    use_training: true
  - name: verdict
    instructions: "Judge: {{ outputs.draft }}"
"""
SESSION = "a-session"


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    """Two statements in one session, one of them of two cells a row; a run beside them; and one that was called by the session."""
    (empty / "cascades" / "two.cascade.yaml").write_text(TWO)
    studio = studio_on(empty)
    assert studio.server.sql("SELECT TWO(x) FROM (VALUES ('one'), ('other')) t(x)", session_id=SESSION).status_code == 200
    assert studio.server.sql("SELECT REPLY('what?')", session_id=SESSION).status_code == 200
    assert studio.server.post("/api/run", cascade="two", inputs={"text": "by itself"}, session_id="a-run").status_code == 200
    called = {"id": "c", "prompt": "nested", "response": "yes", "model": "m", "session_id": "nested", "caller_id": SESSION}
    studio.server.http.post("/api/training/import", content=json.dumps(called), headers={"content-type": "application/x-ndjson"})
    return studio


def whole(studio: Studio, session: str = SESSION) -> dict[str, Any]:
    found: dict[str, Any] = studio.server.http.get(f"/api/sessions/{session}").json()
    return found


def steps(page: Page) -> Any:
    return page.locator(".ag-row[row-index]")


def step(page: Page, name: str) -> Any:
    return steps(page).filter(has=page.locator("[col-id=step]").filter(has_text=re.compile(f"^{name}")))


def test_sessions_are_listed_found_and_opened(studio: Studio) -> None:
    page = studio.page("/sessions")
    table = page.get_by_label("Sessions", exact=True)
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.get_by_role("row", name=re.compile(SESSION))).to_contain_text("reply")
    page.get_by_label("Search in the ids of sessions").fill("a-")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(page).to_have_url(re.compile("search=a-"))
    page.get_by_role("search").get_by_text("Source").click()
    page.get_by_role("option", name=re.compile("^run")).click()
    page.keyboard.press("Escape")
    expect(table.get_by_role("row")).to_have_count(2)
    page.get_by_label("From this day").fill("2100-01-01")
    expect(page.get_by_role("heading", name="No session is like that")).to_be_visible()
    page.get_by_role("button", name="Show all sessions").click()
    expect(page.get_by_label("Search in the ids of sessions")).to_have_value("")
    expect(table.get_by_role("row")).to_have_count(4)
    page.get_by_role("link", name=SESSION).click()
    expect(page).to_have_url(re.compile(f"/sessions/{SESSION}$"))


def test_a_timeline_has_statements_their_runs_and_their_calls(studio: Studio) -> None:
    page = studio.page(f"/sessions/{SESSION}")
    expect(steps(page)).to_have_count(9)
    assert len({call["run_id"] for call in whole(studio)["calls"]}) == 3
    expect(step(page, "two")).to_have_count(2)
    expect(step(page, "draft")).to_have_count(2)
    expect(step(page, "SELECT")).to_have_count(2)
    page.get_by_role("button", name="Close all").click()
    expect(steps(page)).to_have_count(2)
    page.get_by_role("button", name="Open all").click()
    expect(steps(page)).to_have_count(9)
    step(page, "two").first.click()
    expect(steps(page)).to_have_count(7)
    expect(page.get_by_label("This session").get_by_text("5", exact=True)).to_be_visible()
    expect(page.get_by_text("1 nested run:")).to_be_visible()
    step(page, "SELECT TWO").get_by_role("link", name="Open in SQL").click()
    expect(page).to_have_url(re.compile("/sql.*query="))


def test_a_call_is_shown_whole_and_marked_from_there(studio: Studio) -> None:
    page = studio.page(f"/sessions/{SESSION}")
    step(page, "draft").filter(has_text="one").locator("[col-id=step]").click()
    panel = page.get_by_role("complementary", name="Call")
    expect(panel).to_contain_text("two.draft")
    expect(panel.get_by_role("heading", name="Inputs")).to_be_visible()
    expect(panel).to_contain_text("Draft: <text>one</text>")
    expect(panel).to_contain_text("$0.0")
    (draft,) = [call for call in whole(studio)["calls"] if call["cell_name"] == "draft" and call["inputs"]["text"] == "one"]

    def held() -> dict[str, Any]:
        found: dict[str, Any] = studio.server.http.get(f"/api/training/examples/{draft['trace_id']}").json()
        return found

    panel.get_by_role("button", name="Trainable").click()
    expect(panel.get_by_role("button", name="Trainable")).to_have_attribute("aria-pressed", "true")
    assert held()["trainable"]
    panel.get_by_role("button", name="Verified").click()
    expect(panel.get_by_role("button", name="Verified")).to_have_attribute("aria-pressed", "true")
    assert held()["verified"]
    panel.get_by_role("button", name="Correct the answer").click()
    panel.get_by_label("The right answer").fill("the right one")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("the right one")
    assert held()["corrected_output"] == "the right one"
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text(re.compile("^Undone"))).to_be_visible()
    assert held()["corrected_output"] is None
    panel.get_by_role("link", name="Open in Training").click()
    expect(page).to_have_url(re.compile(f"/training.*open={draft['trace_id']}"))


def test_the_keyboard_opens_and_the_button_closes_a_call(studio: Studio) -> None:
    page = studio.page("/sessions/a-run")
    step(page, "draft").locator("[col-id=step]").click()
    expect(page.get_by_role("complementary", name="Call")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("complementary", name="Call")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    step(page, "verdict").locator("[col-id=step]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Call")).to_contain_text("two.verdict")


def test_nested_runs_lead_there_and_back(studio: Studio) -> None:
    page = studio.page(f"/sessions/{SESSION}")
    page.get_by_role("link", name=re.compile("^nested")).click()
    expect(page).to_have_url(re.compile("/sessions/nested"))
    page.get_by_role("link", name=SESSION).click()
    expect(page.get_by_label("Sessions", exact=True).get_by_role("row")).to_have_count(2)


def test_a_double_click_in_training_leads_to_the_session(studio: Studio) -> None:
    page = studio.page("/training?cascade_id=reply")
    steps(page).filter(has_text="what?").dblclick()  # not the row that stands there before the first answer
    expect(page).to_have_url(re.compile(f"/sessions/{SESSION}"))


def test_more_calls_than_one_page_are_fetched_when_asked_for(studio: Studio) -> None:
    rows = (json.dumps({"id": n, "prompt": f"p{n}", "response": "r", "session_id": "big", "model": "m"}) for n in range(5_200))
    studio.server.http.post("/api/training/import", content="\n".join(rows), headers={"content-type": "application/x-ndjson"})
    page = studio.page("/sessions/big")
    expect(page.get_by_text("The first 5,000 of 5,200 calls")).to_be_visible()
    expect(page.get_by_label("This session").get_by_title("5,200", exact=True)).to_be_visible()
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("The first 5,000 of 5,200 calls")).to_have_count(0)
    expect(page.locator("[aria-rowcount]").first).to_have_attribute("aria-rowcount", re.compile("^520[12]$"))


def test_a_session_that_is_not_there_says_so(studio: Studio) -> None:
    page = studio.page("/sessions/nobody")
    expect(page.get_by_role("alert")).to_contain_text("no session has the id 'nobody'")
    studio.errors.clear()  # not found is a failed request, and the browser says so


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(studio: Studio, size: tuple[int, int], theme: str) -> None:
    page = studio.page(f"/sessions/{SESSION}", size, color_scheme=theme)
    expect(steps(page)).to_have_count(9)
    assert serious(page) == []
    step(page, "draft").first.click()
    expect(page.get_by_role("complementary", name="Call")).to_contain_text("two.draft")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
