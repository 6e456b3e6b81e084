"""Rows far down the Training page: which requests bring them, and that they are the right ones."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from support.browser import DESK, PHONE, Studio

SCROLLER = "document.querySelector('.ag-grid-viewport')"


@pytest.mark.parametrize(("size", "height"), [(DESK, 34), (PHONE, 60)], ids=["desk", "phone"])
@pytest.mark.parametrize("number", [5_040, 5_095])
def test_a_jump_is_one_request_for_the_pages_it_shows(filled: Studio, size: tuple[int, int], height: int, number: int) -> None:
    page = filled.page(None, size)
    asked: list[dict[str, list[str]]] = []
    with page.expect_request(lambda one: "cursor=" in one.url):  # the page behind the first: nothing else is asked from then on
        page.goto(filled.server.url + "/training")
    page.on("request", lambda one: asked.append(parse_qs(urlsplit(one.url).query)) if "/training/examples?" in one.url else None)
    page.evaluate(f"{SCROLLER}.scrollTop = {number * height}")
    expect(page.locator(f'.ag-row[row-index="{number + 5}"] [col-id="trainable"] input')).to_be_in_viewport()
    pages = 1 if number < 5_080 else 2
    assert [(one["offset"], one["limit"]) for one in asked if "cursor" not in one] == [(["5000"], [str(100 * pages)])]
    held = page.locator(f'.ag-row[row-index="{number + 5}"]').first.get_attribute("row-id")
    params = {"offset": number + 5, "limit": 1, "until": asked[0]["until"][0]}
    assert [held] == [one["trace_id"] for one in filled.server.http.get("/api/training/examples", params=params).json()["examples"]]
