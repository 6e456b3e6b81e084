"""The page Review: one decision after another, by keys, by buttons and by swipes, and what the server then has."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import PHONE, Studio, serious

TEXTS = ["where is my card", "my card has not come", "I want a refund", "give my money back", "the rate of the euro", "rate of dollars"]
ASK = "-- @ model: local:minilm\nSELECT CLASSIFY(t, 'card,refund,rate') FROM (SELECT unnest($texts) AS t)"
CELL = "/review?cascade_id=classify&cell_name=label"


@pytest.fixture
def desk(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    """Six questions with three labels."""
    studio = studio_on(empty)
    studio.server.sql(ASK, params={"texts": TEXTS}).raise_for_status()
    return studio


def listed(studio: Studio, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.server.http.get("/api/training/examples", params=params).raise_for_status().json()["examples"]
    return found


def card(page: Page) -> Locator:
    return page.get_by_label("Execution to review")


def saved(page: Page, number: int) -> None:
    expect(page.get_by_label("Progress").get_by_text(f"{number} reviewed now")).to_be_visible()
    expect(page.get_by_text("everything is saved" if number else "nothing decided yet")).to_be_visible()


def test_a_queue_is_reviewed_by_keys_and_taken_back(desk: Studio) -> None:
    page = desk.page("/review")
    page.get_by_role("link", name="classify.label").click()
    expect(card(page)).to_contain_text("the first of its kind")
    expect(page.get_by_text("to the first stop signal")).to_be_visible()
    first = card(page).locator("dd").first.inner_text()
    page.keyboard.press("v")
    saved(page, 1)
    (right,) = listed(desk, verified=True)
    assert (right["inputs"]["text"], right["trainable"], right["corrected_output"]) == (first, True, None)
    wrong = card(page).locator("dd").first.inner_text()
    page.keyboard.press("x")
    saved(page, 2)
    (out,) = listed(desk, max_confidence=0)
    assert (out["inputs"]["text"], out["verified"], out["trainable"]) == (wrong, False, False)
    skipped = card(page).locator("dd").first.inner_text()
    page.keyboard.press("s")
    expect(card(page).locator("dd").first).not_to_have_text(skipped)
    labelled = card(page).locator("dd").first.inner_text()
    page.keyboard.press("3")
    saved(page, 3)
    (third,) = [one for one in listed(desk, verified=True) if one["inputs"]["text"] == labelled]
    assert (third["corrected_output"] or third["answer"]) == "rate"
    expect(page.get_by_text("3 in all, with those before")).to_be_visible()
    expect(page.get_by_text("3 left")).to_be_visible()
    for left in (2, 1, 0):
        page.keyboard.press("u")
        saved(page, left)
    expect(card(page).locator("dd").first).to_have_text(first)
    assert listed(desk, verified=True) == listed(desk, max_confidence=0) == []


def test_every_button_does_what_its_key_does(desk: Studio) -> None:
    page = desk.page(CELL)
    verdict = page.get_by_role("group", name="Verdict")
    verdict.get_by_role("button", name="Right").click()
    saved(page, 1)
    verdict.get_by_role("button", name="Wrong").click()
    saved(page, 2)
    verdict.get_by_role("button", name="Skip").click()
    verdict.get_by_role("group", name="The right answer").get_by_role("button", name="refund").click()
    saved(page, 3)
    verdict.get_by_role("button", name="Correct").click()
    page.get_by_label("The right answer").fill("nonsense")
    page.get_by_role("button", name="Save as verified").click()
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    desk.errors[:] = [said for said in desk.errors if "422" not in said]
    assert serious(page) == []
    page.get_by_label("The right answer").fill("rate")
    page.get_by_role("button", name="Save as verified").click()
    saved(page, 4)
    assert len(listed(desk, verified=True)) == 3 and len(listed(desk, max_confidence=0)) == 1
    verdict.get_by_role("button", name="Undo").click()
    saved(page, 3)
    assert serious(page) == []
    for order in ("Random", "Newest"):
        page.get_by_role("radio", name=order).click()
        expect(page).to_have_url(re.compile(f"order={order.lower()}"))
        expect(card(page)).to_be_visible()


def test_the_last_one_says_what_to_do_next(desk: Studio) -> None:
    page = desk.page(CELL)
    for number in range(1, len(TEXTS) + 1):
        expect(card(page)).to_be_visible()
        page.keyboard.press("v")
        expect(page.get_by_label("Progress").get_by_text(f"{number} reviewed now")).to_be_visible()
    expect(page.get_by_text("Nothing is left to review here")).to_be_visible()
    expect(page.get_by_role("link", name="evaluate the set")).to_be_visible()
    assert len(listed(desk, verified=True)) == len(TEXTS)
    assert serious(page) == []


def test_on_touch_a_swipe_is_a_verdict_and_a_little_one_is_none(desk: Studio) -> None:
    page = desk.page(CELL, PHONE, has_touch=True, is_mobile=True)
    expect(card(page)).to_be_visible()
    first = card(page).locator("dd").first.inner_text()
    swipe(page, 60)
    expect(card(page).locator("dd").first).to_have_text(first)
    assert serious(page) == []
    swipe(page, 260)
    saved(page, 1)
    (right,) = listed(desk, verified=True)
    assert right["inputs"]["text"] == first
    second = card(page).locator("dd").first.inner_text()
    swipe(page, -260)
    saved(page, 2)
    (wrong,) = listed(desk, max_confidence=0)
    assert wrong["inputs"]["text"] == second
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_contradictions_stand_side_by_side_until_one_holds(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    rows = '{"prompt": "where is my card", "response": "yes"}\n{"prompt": "Where is my card?", "response": "no"}\n'
    studio.server.http.post(
        "/api/training/import?format=jsonl&cascade_id=desk", content=rows, headers={"Content-Type": "application/x-ndjson"}
    ).raise_for_status()
    studio.server.post("/api/training/mark-trainable", filter={}, trainable=True).raise_for_status()
    (one, *_) = listed(studio)
    page = studio.page(f"/review?cascade_id={one['cascade_id']}&cell_name={one['cell_name']}")
    sides = page.get_by_label("Answers that contradict each other").get_by_role("listitem")
    expect(sides).to_have_count(2)
    assert serious(page) == []
    chosen = sides.first.locator("p").inner_text()
    page.keyboard.press("1")
    saved(page, 1)
    (kept,) = listed(studio, trainable=True)
    assert kept["answer"] == chosen
    page.keyboard.press("u")
    expect(sides).to_have_count(2)
    page.get_by_role("radio", name="Contradictions").click()
    expect(page.get_by_text("1 open, 0 solved")).to_be_visible()
    page.get_by_role("button", name="This one holds").last.click()
    expect(page.get_by_text("Nothing contradicts here")).to_be_visible()
    assert len(listed(studio, trainable=True)) == 1


def test_what_the_server_does_not_take_comes_back_with_the_reason(desk: Studio) -> None:
    page = desk.page(CELL)
    first = card(page).locator("dd").first
    expect(first).to_be_visible()
    text = first.inner_text()
    desk.server.process.kill()
    desk.server.process.wait()
    page.keyboard.press("v")
    expect(page.get_by_text("Not saved: the server does not answer")).to_be_visible()
    expect(first).to_have_text(text)
    expect(page.get_by_text("0 reviewed now")).to_be_visible()
    page.context.close()  # it goes on to ask
    desk.errors.clear()  # the browser says that the server was away


def swipe(page: Page, by: int) -> None:
    """A finger on the card, moved sideways and lifted."""
    box = card(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2 - by / 2, box["y"] + 60
    touch = page.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + by * step / 8, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
