"""The panel of one execution: what was asked and answered, what people say of it, and where it came from."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from support.browser import Studio, serious

QUESTIONS = ["What is a join?", "What is a JOIN", "Name a language for tables.", "Who wrote Faust?"]
ASK = "-- @ model: local:minilm\nSELECT CLASSIFY(t, 'card,refund,rate') FROM (SELECT unnest($texts) AS t)"


def cell(page: Page, number: int = 0) -> Locator:
    return page.locator(f'.ag-row[row-index="{number}"] [col-id="user_input"]')


def opened(page: Page, number: int = 0) -> None:
    """Click a row, once it is there."""
    expect(cell(page, number)).not_to_be_empty()
    cell(page, number).click()
    expect(panel(page).get_by_role("switch", name="Trainable")).to_be_visible()


def moved(page: Page, trace_id: str) -> None:
    """The address says so before the page does; once the panel has it, keys and clicks go on from there."""
    expect(page).to_have_url(re.compile(trace_id))
    expect(panel(page).get_by_role("tabpanel", name="Facts")).to_contain_text(trace_id)


def panel(page: Page) -> Locator:
    return page.get_by_label("Execution", exact=True)


def tab(page: Page, name: str) -> Locator:
    panel(page).get_by_role("tab", name=name).click()
    return panel(page).get_by_role("tabpanel", name=name)


def listed(studio: Studio, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.server.http.get("/api/training/examples", params=params).raise_for_status().json()["examples"]
    return found


def asked(studio: Studio) -> list[str]:
    """Executions of REPLY, of which the last was given the others as examples; their ids, the newest first."""
    for question in QUESTIONS[:-1]:
        studio.server.sql(f"SELECT REPLY('{question}')").raise_for_status()
    studio.server.post("/api/training/mark-trainable", filter={}, trainable=True).raise_for_status()
    studio.server.sql(f"SELECT REPLY('{QUESTIONS[-1]}')").raise_for_status()
    return [one["trace_id"] for one in listed(studio)]


def test_it_opens_moves_and_closes_by_mouse_and_by_key(filled: Studio) -> None:
    page = filled.page("/training")
    opened(page, 1)
    ids = [one["trace_id"] for one in listed(filled, limit=3)]
    moved(page, ids[1])
    expect(panel(page).get_by_text("prompt", exact=True)).to_be_visible()
    panel(page).get_by_role("button", name="Next").click()
    moved(page, ids[2])
    page.keyboard.press("k")
    moved(page, ids[1])
    panel(page).get_by_role("button", name="Previous").click()
    moved(page, ids[0])
    cell(page, 0).click()
    expect(panel(page)).to_be_hidden()
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_visible()
    gutter = page.get_by_role("separator", name="Height of the panel")
    before = panel(page).bounding_box()
    gutter.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    after = panel(page).bounding_box()
    assert before is not None and after is not None and after["height"] > before["height"]
    page.reload()
    expect(panel(page)).to_be_visible()
    expect(panel(page).get_by_text("prompt", exact=True)).to_be_visible()
    again = panel(page).bounding_box()
    assert again is not None and abs(again["height"] - after["height"]) < 12, "the gutter is remembered"
    assert serious(page) == []
    panel(page).get_by_role("button", name="Close").click()
    expect(panel(page)).to_be_hidden()


def test_everything_that_led_to_an_answer_is_there(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    ids = asked(studio)
    studio.server.http.post("/api/training/score", json={"free": True}).raise_for_status()
    page = studio.page(f"/training?open={ids[0]}", permissions=["clipboard-read", "clipboard-write"])
    facts = tab(page, "Facts")
    expect(facts).to_contain_text("SELECT REPLY('Who wrote Faust?')")
    (newest,) = listed(studio, trace_id=ids[0])
    expect(facts).to_contain_text(f"{newest['tokens_in']} in, {newest['tokens_out']} out")
    sent = tab(page, "Prompt")
    expect(sent.get_by_label("request", exact=True)).to_contain_text("Who wrote Faust?")
    copy = sent.get_by_role("button", name="Copy response")
    copy.click()
    expect(copy.locator(".lucide-check")).to_be_visible()
    whole = studio.server.http.get(f"/api/training/examples/{ids[0]}").json()
    copied = page.evaluate("navigator.clipboard.readText().then(JSON.parse)")
    assert copied == whole["response"], "exactly as it came"
    assert serious(page) == []
    scores = tab(page, "Scores")
    for score in whole["scores"]:
        expect(scores.get_by_text(score["reason"]).first).to_be_visible()
    assert whole["scores"]
    examples = tab(page, "Examples")
    given = examples.get_by_role("link")
    expect(given).to_have_count(len(whole["example_ids"]))
    assert whole["example_ids"]
    given.first.click()
    expect(page).to_have_url(re.compile(whole["example_ids"][0]))
    expect(tab(page, "History")).to_contain_text("trainable")


def test_what_is_similar_is_a_step_away(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    ids = asked(studio)
    join, again = ids[3], ids[2]
    page = studio.page(f"/training?open={join}")
    similar = tab(page, "Similar")
    expect(similar).to_contain_text("of 3 executions of this cell")
    first = similar.get_by_role("link").first
    expect(first).to_contain_text("% alike")
    expect(first).to_contain_text("JOIN")
    assert serious(page) == []
    first.click()
    expect(page).to_have_url(re.compile(again))


def test_keys_decide_on_what_is_open_and_on_no_other_row(filled: Studio) -> None:
    rows = listed(filled, limit=500, search="SQL")
    elsewhere = next(one for one in listed(filled, limit=500) if one not in rows)["trace_id"]
    page = filled.page(f"/training?search=SQL&open={elsewhere}")
    expect(panel(page).get_by_role("switch", name="Trainable")).to_be_visible()
    expect(cell(page)).not_to_be_empty()
    page.keyboard.press("t")
    expect(page.get_by_text("what is open is not among the rows; decide in the panel").first).to_be_attached()
    assert listed(filled, trainable=True) == []
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_hidden()
    opened(page, 1)
    page.keyboard.press("t")
    expect(panel(page).get_by_role("switch", name="Trainable")).to_be_checked()
    (marked,) = listed(filled, trainable=True)
    expect(page).to_have_url(re.compile(marked["trace_id"]))


def test_a_correction_is_typed_seen_as_a_difference_and_teaches(filled: Studio) -> None:
    page = filled.page("/training?search=SQL")
    opened(page)
    expect(panel(page).get_by_text("Answer", exact=True)).to_be_visible()
    page.keyboard.press("e")
    area = page.get_by_label("The right answer")
    expect(area).to_be_focused()
    area.fill("It is a language for tables.")
    difference = panel(page).get_by_label("What the correction changes")
    expect(difference).to_contain_text("It is a language for tables.")
    assert listed(filled, verified=True) == [], "typed is not saved"
    page.keyboard.press("Control+Enter")
    expect(panel(page).get_by_text("Answer, corrected")).to_be_visible()
    expect(difference).to_contain_text("It is a language for tables.")
    (corrected,) = listed(filled, verified=True)
    assert (corrected["corrected_output"], corrected["trainable"]) == ("It is a language for tables.", True)
    assert serious(page) == []
    panel(page).get_by_role("button", name="Correct", exact=False).last.click()
    panel(page).get_by_role("button", name="As the model answered").click()
    expect(panel(page).get_by_text("Answer", exact=True)).to_be_visible()
    assert listed(filled, trace_id=corrected["trace_id"])[0]["corrected_output"] is None


def test_an_answer_that_the_cell_cannot_give_is_refused_in_place(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    studio.server.sql(ASK, params={"texts": ["where is my card"]}).raise_for_status()
    page = studio.page("/training")
    opened(page)
    panel(page).get_by_role("button", name="Correct", exact=False).last.click()
    page.get_by_label("The right answer").fill("nonsense")
    panel(page).get_by_role("button", name="Save", exact=False).click()
    expect(panel(page).get_by_role("alert")).to_contain_text("does not fit")
    assert listed(studio)[0]["corrected_output"] is None
    studio.errors[:] = [said for said in studio.errors if "422" not in said]
    panel(page).get_by_role("group", name="Labels").get_by_role("button", name="refund").click()
    panel(page).get_by_role("button", name="Save", exact=False).click()
    expect(panel(page).get_by_text("Answer, corrected")).to_be_visible()
    assert listed(studio)[0]["corrected_output"] == "refund"


def test_switches_notes_and_tags_are_kept_and_others_changes_come_in(filled: Studio) -> None:
    page = filled.page("/training")
    opened(page)
    panel(page).locator("label", has_text="Trainable").click()
    expect(panel(page).get_by_role("switch", name="Trainable")).to_be_checked()
    panel(page).locator("label", has_text="Verified").click()
    expect(panel(page).get_by_role("switch", name="Verified")).to_be_checked()
    panel(page).get_by_label("Notes").fill("as the manual says")
    panel(page).get_by_label("Tags").fill("manual, june")
    panel(page).get_by_label("Tags").press("Enter")
    expect(page.locator('.ag-row[row-index="0"] [col-id="tags"]')).to_have_text("manualjune")
    (newest,) = listed(filled, limit=1)
    assert (newest["trainable"], newest["verified"], newest["notes"], newest["tags"]) == (
        True,
        True,
        "as the manual says",
        ["manual", "june"],
    )
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    filled.server.post("/api/training/mark-trainable", trace_ids=[newest["trace_id"]], trainable=False, author="bob")
    expect(panel(page).get_by_role("switch", name="Trainable")).not_to_be_checked()
    expect(tab(page, "History")).to_contain_text("bob")


def test_an_execution_that_is_not_there_says_so_and_sessions_are_a_double_click_away(filled: Studio) -> None:
    page = filled.page("/training?open=nosuch")
    expect(panel(page).get_by_role("alert")).to_contain_text("no execution has the id")
    filled.errors[:] = [said for said in filled.errors if "404" not in said]
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(cell(page, 2)).not_to_be_empty()
    cell(page, 2).dblclick()
    expect(page).to_have_url(re.compile("/sessions/"))
