"""The page Training: thousands of executions filtered, selected, marked and unmarked, and what the server then says of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import PHONE, Studio, serious
from support.executions import cell, figure, press, row, shown, total
from support.serving import Serving

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>"\'><svg onload=alert(1)>{{7*7}}${7*7}'
INTENTS = ["where is my card", "Where is my card?", "I want a refund", "the rate of the euro", "top up my account"]
ASK = "-- @ model: local:minilm\nSELECT CLASSIFY(t, 'card,refund,rate,top_up') FROM (SELECT unnest($texts) AS t)"


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Selected executions")


def listed(server: Serving, **params: Any) -> Any:
    return server.http.get("/api/training/examples", params=params).raise_for_status().json()


def figures(server: Serving) -> Any:
    return server.http.get("/api/training/stats").json()["total"]


def test_filter_select_all_mark_ask_and_undo(filled: Studio) -> None:
    page = shown(filled.page("/training?search=SQL"))
    page.get_by_role("button", name="Confidence", exact=True).click()
    page.get_by_label("From").fill("0.8")
    page.get_by_label("From").press("Enter")
    expect(page).to_have_url(re.compile("min_confidence=0.8"))
    matching = int(listed(filled.server, search="SQL", min_confidence=0.8)["total"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("status").filter(has_text=f"{matching:,} executions")).to_be_visible()
    row(page).locator("input[type=checkbox]").first.check()
    page.get_by_role("button", name=f"Select all {matching:,} matching").click()
    bar(page).get_by_role("button", name="Trainable", exact=True).click()
    page.get_by_role("button", name=f"Yes, all {matching:,}").click()
    expect(page.get_by_role("dialog").filter(has_text="made trainable?")).to_be_hidden()
    expect(page.get_by_text(f"{matching:,} executions made trainable")).to_be_visible()
    expect(figure(page, "Trainable")).to_have_text(str(matching))
    assert figures(filled.server)["trainable"] == matching
    said = filled.server.sql("SELECT REPLY('What is a join?')").json()
    assert any("📚 Injected 5 training examples" in notice["message"] for notice in said["notices"])
    page.keyboard.press("Control+z")
    expect(figure(page, "Trainable")).to_have_text("0")
    said = filled.server.sql("SELECT REPLY('What is a view?')").json()
    assert any("📚 No training examples available yet" in notice["message"] for notice in said["notices"])


def test_twenty_thousand_rows_at_once_by_two_keys_and_back(filled: Studio) -> None:
    page = shown(filled.page("/training?min_confidence=0.8"))
    matching = total(page)
    assert matching > 20_000
    page.keyboard.press("Control+a")
    expect(page.get_by_text(f"{matching:,} selected")).to_be_visible()
    page.keyboard.press("v")
    question = page.get_by_role("dialog").filter(has_text="verified?")
    expect(question).to_contain_text(f"{matching:,} executions verified?")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()  # as long as it is there it takes all keys
    assert figures(filled.server)["verified"] == 0
    page.keyboard.press("v")
    page.get_by_role("button", name=f"Yes, all {matching:,}").click()
    expect(question).to_be_hidden()
    toast = page.get_by_text(f"{matching:,} executions verified")
    expect(toast).to_be_visible()
    toast.hover()  # it leaves after seconds, but for one who points at it
    assert figures(filled.server)["verified"] == matching
    expect(figure(page, "Verified")).not_to_have_text("0")
    page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(figure(page, "Verified")).to_have_text("0")
    assert figures(filled.server)["verified"] == 0


def test_a_hundred_rows_take_a_hundred_keys(filled: Studio) -> None:
    """Shift decides and goes on. With a selection it takes even fewer."""
    page = shown(filled.page("/training"))
    for _ in range(100):
        page.keyboard.press("Shift+T")
    expect(page.get_by_text(re.compile("Trainable × "))).to_be_visible()  # first: it leaves after seconds
    expect(figure(page, "Trainable")).to_have_text("100")
    newest = [one["trace_id"] for one in listed(filled.server, limit=100)["examples"]]
    assert {one["trace_id"] for one in listed(filled.server, trainable=True, limit=200)["examples"]} == set(newest)


def test_keys_alone_decide_and_are_letters_while_one_types(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    studio.server.sql(ASK, params={"texts": INTENTS}).raise_for_status()
    page = shown(studio.page("/training"))
    asked = [one["trace_id"] for one in listed(studio.server)["examples"]]

    def held(number: int) -> Any:
        return next(one for one in listed(studio.server)["examples"] if one["trace_id"] == asked[number])

    def became(number: int, **values: Any) -> None:
        _until(page, lambda: all(held(number)[name] == value for name, value in values.items()))

    page.keyboard.press("j")
    page.keyboard.press("t")
    became(0, trainable=True)
    page.keyboard.press("j")
    page.keyboard.press("v")
    became(1, verified=True)
    page.keyboard.press("j")
    page.keyboard.press("x")
    became(2, confidence=0.0, trainable=False)
    page.keyboard.press("k")
    page.keyboard.press("2")
    became(1, corrected_output="refund" if held(1)["answer"] != "refund" else None, trainable=True)
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("t")
    became(3, trainable=True)
    expect(page.get_by_text("3 executions made trainable")).to_be_visible()  # the page knows too: it can be undone
    for _ in range(5):
        with page.expect_response("**/api/training/undo"):
            page.keyboard.press("Control+z")
    _until(page, lambda: figures(studio.server)["trainable"] == figures(studio.server)["verified"] == 0)
    assert [one["confidence"] for one in listed(studio.server)["examples"]].count(0.0) == 0
    page.keyboard.press("/")
    page.keyboard.type("jtvx1")
    expect(page.get_by_label("Search inputs and answers")).to_have_value("jtvx1")
    expect(page.get_by_text("No execution is like that")).to_be_visible()
    assert figures(studio.server)["trainable"] == 0
    page.get_by_role("button", name="Clear the filter").click()
    shown(page).get_by_label("Search inputs and answers").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("and on to the next")
    assert serious(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()  # as long as it is there it takes all keys
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 selected")).to_be_hidden()


def test_a_range_is_tagged_untagged_and_scored(filled: Studio) -> None:
    page = shown(filled.page("/training"))
    row(page, 1).locator("input[type=checkbox]").first.click()
    row(page, 6).locator("input[type=checkbox]").first.click(modifiers=["Shift"])
    expect(page.get_by_text("6 selected")).to_be_visible()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Add to 6 executions").fill("later, odd")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(cell(page, 3, "tags")).to_have_text("laterodd")
    assert listed(filled.server, tag="odd")["total"] == 6
    row(page, 2).locator("input[type=checkbox]").first.click()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("button", name="take odd away").click()
    expect(cell(page, 2, "tags")).to_have_text("later")
    expect(cell(page, 3, "tags")).to_have_text("laterodd")
    page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(cell(page, 2, "tags")).to_have_text("laterodd")
    row(page, 2).locator("input[type=checkbox]").first.click()
    page.get_by_role("button", name="Score", exact=True).click()
    expect(page.get_by_text("1 execution will be scored")).to_be_visible()
    assert serious(page) == []
    page.get_by_role("button", name="Select none").click()
    for name in ("Not trainable", "Not verified"):
        row(page, 0).locator("input[type=checkbox]").first.click()
        bar(page).get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_text("made " + name.lower())).to_be_visible()


def test_two_people_see_what_the_other_decides(filled: Studio) -> None:
    ann, bob = shown(filled.page("/training")), shown(filled.page("/training?trainable=false"))
    for page in (ann, bob):
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    press(ann).click()
    expect(row(bob).get_by_role("switch", name="trainable")).to_be_checked()
    expect(figure(bob, "Trainable")).to_have_text("1")
    row(bob).get_by_role("button", name="verified").click()
    expect(row(ann).get_by_role("button", name="verified")).to_have_attribute("aria-pressed", "true")
    (decided,) = listed(filled.server, trainable=True, verified=True)["examples"]
    assert decided["trace_id"] == listed(filled.server, limit=1)["examples"][0]["trace_id"]


def test_a_server_that_dies_and_comes_back_is_never_said_to_have_saved(filled: Studio) -> None:
    page = shown(filled.page("/training"))
    switch = row(page).get_by_role("switch", name="trainable")
    expect(switch).not_to_be_checked()
    filled.server.process.kill()
    filled.server.process.wait()
    press(page).click()
    expect(page.locator("h2", has_text="Not saved")).to_be_visible()
    expect(switch).not_to_be_checked()
    row(page, 1).locator("input[type=checkbox]").first.click()
    bar(page).get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("h2", has_text="Nothing was changed")).to_be_visible()
    expect(page.get_by_text("Polling")).to_be_visible()
    port = filled.server.url.rpartition(":")[2]
    with Serving(filled.server.home, "--port", port, "--studio-port", "0", more={"OPENAI_API_KEY": "sk-anything"}) as again:
        assert figures(again)["trainable"] == figures(again)["verified"] == 0
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=60_000)
        page.keyboard.press("Escape")
        expect(bar(page)).to_be_hidden()
        press(page).click()
        expect(switch).to_be_checked()
        _until(page, lambda: figures(again)["trainable"] == 1)
        page.context.close()
    filled.contexts.clear()
    filled.errors.clear()  # the browser says that the server was away


def test_what_arrives_is_counted_and_moves_nothing(filled: Studio) -> None:
    page = shown(filled.page("/training?cascade_id=reply"))
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    before, first = total(page), cell(page).inner_text()
    filled.server.sql("SELECT REPLY('Something quite new?')").raise_for_status()
    new = page.get_by_role("button", name="1 new")
    expect(new).to_be_visible()
    assert (cell(page).inner_text(), total(page)) == (first, before)
    new.click()
    expect(cell(page)).to_contain_text("Something quite new?")
    expect(new).to_be_hidden()
    assert total(page) == before + 1


def test_the_first_execution_of_a_project_shows_by_itself(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    page = studio.page("/training")
    expect(page.get_by_text("Nothing was asked yet")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    assert serious(page) == []
    studio.server.sql("SELECT REPLY('The very first?')").raise_for_status()
    expect(cell(page)).to_contain_text("The very first?")


FILTERS: list[dict[str, Any]] = [
    {"cascade_id": ["reply"]},
    {"cell_name": ["reply"]},
    {"model": "fake"},
    {"source": "import"},
    {"session_id": "import"},
    {"label": "no such answer"},
    {"min_confidence": 0.5, "max_confidence": 0.9},
    {"scored": False},
    {"trainable": True},
    {"verified": False},
    {"tag": "seen"},
    {"criterion": "none"},
    {"used": True},
    {"min_cost": 0.000001},
    {"since": "2020-01-01", "until": "2020-02-01"},
    {"search": "python"},
    {"contradiction": True},
]


def test_each_filter_of_an_address_shows_what_the_server_finds(filled: Studio) -> None:
    ids = [one["trace_id"] for one in listed(filled.server, limit=3)["examples"]]
    filled.server.post("/api/training/mark-trainable", trace_ids=ids, trainable=True, add_tags=["seen"])
    filled.server.sql("SELECT REPLY('What uses examples?')").raise_for_status()
    page = shown(filled.page("/training"))
    for asked in [*FILTERS, {"trace_id": ids}]:
        wanted = listed(filled.server, **asked)["total"]
        said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
        page.goto(str(filled.server.http.build_request("GET", "/training", params=said).url))
        if wanted:
            expect(page.get_by_role("status").filter(has_text=re.compile(f"^{wanted:,} executions?$"))).to_be_visible()
            expect(cell(page)).not_to_be_empty()
        else:
            expect(page.get_by_text("No execution is like that")).to_be_visible()
        expect(page.get_by_role("button", name="Clear", exact=True)).to_be_visible()


def test_filters_are_picked_and_the_address_keeps_them(filled: Studio) -> None:
    page = shown(filled.page("/training"))
    page.get_by_role("combobox", name="Model").or_(page.get_by_role("button", name="Model", exact=True)).first.click()
    page.get_by_placeholder("Find a model…").fill("claude")
    page.get_by_role("option", name=re.compile("^claude")).first.click()
    expect(page).to_have_url(re.compile("model=claude"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Cost", exact=True).click()
    page.get_by_label("To", exact=True).fill("1")
    page.get_by_label("To", exact=True).blur()
    expect(page).to_have_url(re.compile("max_cost=1"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Contradictions", exact=True).click()
    expect(page).to_have_url(re.compile("contradiction=true"))
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page).to_have_url(re.compile("/training$"))
    unscored = page.get_by_label("Figures of all executions").get_by_role("button", name=re.compile("^Unscored"))
    unscored.click()
    expect(page).to_have_url(re.compile("scored=false"))
    expect(unscored).to_have_attribute("aria-pressed", "true")
    unscored.click()
    expect(page).to_have_url(re.compile("/training$"))


def test_a_view_keeps_filter_and_order_and_columns_stay(filled: Studio) -> None:
    page = shown(filled.page("/training?search=python"))
    page.locator('.ag-header-cell[col-id="confidence"]').click()
    expect(page).to_have_url(re.compile("sort=confidence&order=asc"))
    lowest = listed(filled.server, search="python", sort="confidence", order="asc", limit=1)["examples"][0]
    expect(cell(page, 0, "confidence")).to_contain_text(f"{lowest['confidence']:.2f}")
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_role("menuitem", name="Save this view").click()
    page.get_by_label("Name").fill(HOSTILE[:60])
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Columns", exact=True).click()
    for name, number in (("Model", 0), ("Used", 1)):
        page.get_by_role("dialog", name="Columns").locator("label", has_text=name).click()
        expect(page.locator(f'.ag-header-cell[col-id="{name.lower()}"]')).to_have_count(number)
    page.goto(filled.server.url + "/training")
    shown(page)
    expect(page.locator('.ag-header-cell[col-id="model"]')).to_have_count(0)
    expect(page.locator('.ag-header-cell[col-id="used"]')).to_have_count(1)
    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_role("menuitem", name=HOSTILE[:20]).click()
    expect(page).to_have_url(re.compile("search=python.*sort=confidence&order=asc"))
    expect(page.get_by_label("Search inputs and answers")).to_have_value("python")
    expect(cell(page, 0, "confidence")).to_contain_text(f"{lowest['confidence']:.2f}")
    page.get_by_role("button", name="Columns", exact=True).click()
    page.get_by_role("button", name="As they were at first").click()
    expect(page.locator('.ag-header-cell[col-id="model"]')).to_have_count(1)


def test_text_from_logs_is_never_markup(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    fields = ("prompt", "response", "model", "session_id", "cascade_id", "cell_name", "notes")
    logged = dict.fromkeys(fields, HOSTILE) | {"tags": [HOSTILE], "trainable": True}
    landed = studio.server.http.post(
        "/api/training/import?format=jsonl", content=json.dumps(logged) + "\n", headers={"Content-Type": "application/x-ndjson"}
    )
    assert landed.json()["added"] == 1, landed.text
    page = shown(studio.page("/training?search=onerror"))
    cell(page).click()
    panel = page.get_by_label("Execution", exact=True)
    expect(panel.get_by_text(HOSTILE).first).to_be_visible()
    for tab in ("Facts", "Prompt", "Examples", "Similar", "Scores", "History"):
        panel.get_by_role("tab", name=tab).click()
        expect(panel.get_by_role("tabpanel").first).to_be_visible()
    page.get_by_role("button", name="More", exact=True).click()
    for name in ("Answer", "Model", "Cascade"):
        page.get_by_role("combobox", name=name).or_(page.get_by_role("button", name=name, exact=True)).first.click()
        expect(page.get_by_role("option").first).to_contain_text("<img")
        page.keyboard.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
    assert "RVBBIT" in page.title()
    assert page.locator("img[src=x]").count() == page.locator("svg[onload]").count() == 0


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_on_a_phone_it_is_read_marked_and_opened_by_touch(filled: Studio, theme: str) -> None:
    page = shown(filled.page("/training", PHONE, has_touch=True, is_mobile=True, color_scheme=theme))
    box = cell(page).bounding_box()
    assert box is not None and box["x"] < 60 and box["width"] > 180, "what is asked stands first"
    press(page).tap()
    expect(figure(page, "Trainable")).to_have_text("1")
    cell(page, 1).tap()
    panel = page.get_by_label("Execution", exact=True)
    expect(panel.get_by_text("Answer", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []
    panel.get_by_role("button", name="Close").tap()
    expect(panel).to_be_hidden()
    assert serious(page) == []


def _until(page: Page, true: Callable[[], bool]) -> None:
    """What the server says follows the page by a moment."""
    for _ in range(200):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("the server does not say so")
