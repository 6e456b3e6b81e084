"""A project in which nothing has happened: every page says what to do next, and one click brings the demo's data."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.browser import DESK, PHONE, Studio, serious
from support.serving import running, until

OFFERED = ("/training", "/review", "/sets", "/sql", "/sessions", "/costs")
PAGES = (*OFFERED, "/operators", "/import")
SLOW = 180_000  # milliseconds: 5,000 answers of the local model on a busy machine


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    return studio_on(empty)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_says_what_to_do_next(studio: Studio, size: tuple[int, int], theme: str) -> None:
    for path in PAGES:
        page = studio.page(path, size, color_scheme=theme)
        expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        if path in OFFERED:
            expect(page.get_by_role("button", name="Load the demo data")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert serious(page) == [], path
        page.context.close()


def test_the_demo_is_stopped_and_loaded_with_one_click(studio: Studio) -> None:
    page = studio.page("/sets")
    page.get_by_role("button", name="Load the demo data").click()
    progress = page.get_by_role("complementary", name="The demo's data")
    expect(progress).to_contain_text(re.compile(r"[2-8] of 8"), timeout=SLOW)
    assert serious(page) == []
    progress.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("The demo was stopped")).to_be_visible()
    until(lambda: running(studio.server) == 0)
    assert studio.server.sql("SELECT count(*) AS n FROM tickets").json()["rows"] == [[2316]]
    assert studio.server.post("/api/demo").text.splitlines()[-1].startswith('{"event":"demo"'), "it goes on from there"


def test_the_demo_fills_every_page_without_key_or_network(studio: Studio) -> None:
    page = studio.page("/costs")
    page.get_by_role("button", name="Load the demo data").click()
    progress = page.get_by_role("complementary", name="The demo's data")
    expect(progress).to_contain_text(" of 8")
    page.get_by_role("link", name="Sessions").click()
    expect(progress).to_be_visible()
    expect(page.get_by_text(re.compile("The demo is there: 2,316 tickets"))).to_be_visible(timeout=SLOW)
    expect(progress).to_have_count(0)
    total = studio.server.http.get("/api/training/stats").json()["total"]
    assert total["executions"] > 5_000 and total["trainable"] == total["verified"] == 770
    assert studio.model.stats()["calls"] == 0, "the local model answers"
    for path in OFFERED:
        page.goto(studio.server.url + path)
        expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        expect(page.get_by_role("button", name="Load the demo data")).to_have_count(0)
    page.goto(studio.server.url + "/sets")
    expect(page.get_by_label("Versions", exact=True).get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("img", name=re.compile("150 examples.*770 examples"))).to_be_visible()


def test_a_page_is_light_before_anything_is_on_it(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty)
    page = studio.page(None, color_scheme="light")
    page.add_init_script(
        "new MutationObserver(() => { if (document.getElementById('root')?.childElementCount)"
        " window.first ??= document.documentElement.dataset.theme; }).observe(document, { childList: true, subtree: true })"
    )
    page.goto(studio.server.url + "/training")
    expect(page.get_by_role("heading", name="Training")).to_be_visible()
    assert page.evaluate("window.first") == "light"
