"""The Studio from a real server: every page in a real browser, under its policy, with a token, with nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from support.browser import DESK, PHONE, Studio, serious

NARROWEST = 360
PAGES = ["/training", "/review", "/sets", "/sql", "/sessions", "/operators", "/costs", "/import"]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_opens_by_its_address_and_axe_finds_nothing_serious(filled: Studio, size: tuple[int, int], theme: str) -> None:
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page = filled.page(path, size, color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        found[path] = serious(page)
        for width in (size[0], NARROWEST):
            page.set_viewport_size({"width": width, "height": size[1]})
            expect(page.locator("html"), f"{path} is wider than {width} px").to_have_js_property("scrollWidth", width)
        page.context.close()
    assert {path: grave for path, grave in found.items() if grave} == {}


def test_the_servers_own_address_leads_to_training_and_any_other_says_so(filled: Studio) -> None:
    page = filled.page("/")
    expect(page).to_have_url(re.compile("/training$"))
    page.evaluate("history.pushState({}, '', '/nowhere'); dispatchEvent(new PopStateEvent('popstate'))")
    expect(page.get_by_role("main")).to_contain_text("There is no page at this address")


def test_with_a_token_the_page_asks_for_it_once(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty, more={"RVBBIT_TOKEN": "opensesame-opensesame"})
    page = studio.page("/sql")
    asked = page.get_by_role("dialog")
    asked.get_by_role("textbox").fill("wrong")
    asked.get_by_role("textbox").press("Enter")
    expect(asked).to_contain_text("does not take that one")
    asked.get_by_role("textbox").fill("opensesame-opensesame")
    asked.get_by_role("textbox").press("Enter")
    expect(asked).to_have_count(0)
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Ask your tables")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    studio.errors[:] = [said for said in studio.errors if "401" not in said]


def test_a_refusal_that_comes_late_does_not_ask_for_the_token_again(studio_on: Callable[..., Studio], empty: Path) -> None:
    studio = studio_on(empty, more={"RVBBIT_TOKEN": "opensesame-opensesame"})
    page = studio.page(None)
    late: list[Route] = []
    page.route("**/api/operators", lambda route: route.continue_() if late else late.append(route))
    page.goto(studio.server.url + "/operators")
    asked = page.get_by_role("dialog")
    with page.expect_response(lambda got: got.url.endswith("/api/operators") and got.ok):
        asked.get_by_role("textbox").fill("opensesame-opensesame")
        asked.get_by_role("textbox").press("Enter")
    with page.expect_response(lambda got: got.url.endswith("/api/operators") and got.status == 401):
        late[0].continue_()
    expect(page.get_by_role("row").filter(has_text="REPLY(prompt)")).to_be_visible()
    expect(asked).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('rvbbit.token')") == "opensesame-opensesame"
    studio.errors[:] = [said for said in studio.errors if "401" not in said]


def test_the_first_load_is_under_500_kb_and_asks_this_server_alone(filled: Studio) -> None:
    page = filled.page(None)
    sizes: dict[str, int] = {}
    page.on("response", lambda got: sizes.update({got.url: int(got.headers["content-length"])}) if "/assets/" in got.url else None)
    page.goto(filled.server.url + "/training")
    expect(page.locator(".ag-row").first).to_be_visible()
    assert 100_000 < sum(sizes.values()) < 500_000, sorted(sizes.items(), key=lambda one: -one[1])[:5]


def test_all_scripts_of_the_home_page_are_named_in_the_first_answer(filled: Studio) -> None:
    """None is found out about only when another has run."""
    page = filled.page(None)
    fetched: set[str] = set()
    page.on("request", lambda asked: fetched.add(asked.url.removeprefix(filled.server.url)) if asked.resource_type == "script" else None)
    first = page.goto(filled.server.url + "/training")
    expect(page.locator(".ag-row").first).to_be_visible()
    assert first is not None
    named = re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', first.text())
    assert len(named) == len(set(named))
    assert {url for url in fetched if url.startswith("/assets/")} == set(named)


def test_both_ports_show_it(filled: Studio) -> None:
    (port,) = re.findall(r"Studio +(http\S+)", filled.server.out)
    assert port != filled.server.url
    page = filled.page(None)
    page.goto(f"{port}/sql")
    expect(page.get_by_role("heading", name="SQL", level=1)).to_be_visible()
    page.close()  # it asks for more than its heading
    assert all(url.startswith(port) for url in filled.outside)
    filled.outside.clear()
