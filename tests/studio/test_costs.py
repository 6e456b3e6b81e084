"""Costs: what the server adds up, drawn and written, by day, model, cascade and query; what memory saved; scoring's share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from support.browser import DESK, PHONE, Studio, serious

SQL = "SELECT REPLY('question ' || i) FROM range(12) r(i)"

# Days into their fields, before the page has drawn what the first of them changed.
AT_ONCE = """days => {
    for (const [name, day] of days) {
        const input = document.querySelector(`[aria-label=${name}]`)
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, day)
        input.dispatchEvent(new Event("input", { bubbles: true }))
    }
}"""


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    """Twelve answers that cost, the same from memory, three of another kind, and a judge that was asked about them."""
    studio = studio_on(empty)
    for sql in (SQL, SQL, "SELECT x MEANS 'odd' FROM (VALUES ('a'), ('b'), ('c')) t(x)"):
        assert studio.server.sql(sql).status_code == 200
    scored = studio.server.post("/api/training/score")
    assert '"scored"' in scored.text, scored.text
    return studio


def costs(studio: Studio, by: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.server.http.get("/api/costs", params={"by": by}).json()["costs"]
    return found


def figure(page: Page, name: str) -> Any:
    return page.get_by_label("In these days").get_by_text(name, exact=True).locator("xpath=following-sibling::*[1]")


def table(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


def chosen(page: Page, name: str) -> None:
    """The address has the choice, and the page follows it: `check` would not wait for that."""
    page.get_by_role("radio", name=name, exact=True).click()
    expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()


def test_the_figures_are_the_servers(studio: Studio) -> None:
    (today,) = costs(studio, "day")
    assert today["scoring"] > 0 and today["cached"] == 12
    page = studio.page("/costs")
    expect(figure(page, "Calls")).to_have_attribute("title", f"{today['calls']:,}")
    expect(figure(page, "Answers from memory")).to_have_attribute("title", "12")
    expect(figure(page, "Scoring")).to_have_text(f"{100 * today['scoring'] / today['cost']:.1f} %")
    expect(figure(page, "Saved by memory")).to_have_text(re.compile(r"^≈ \$0\.\d"))


def test_each_chart_has_its_table_and_each_name_leads_somewhere(studio: Studio) -> None:
    page = studio.page("/costs")
    for name in ("By day", "By model", "By cascade", "By query"):
        expect(page.get_by_role("img", name=re.compile(f"^{name}, as a chart"))).to_be_visible()
        expect(table(page, name).get_by_role("row").nth(1)).to_be_visible()
    expect(table(page, "By query")).to_contain_text(SQL)
    for name, link, leads in (
        ("By query", SQL, "/sql.*query="),
        ("By cascade", "reply", "/training.*cascade_id=reply"),
        ("By model", "openai:fake", "/training.*model=openai"),
        ("By day", None, "/training.*since="),
    ):
        links = table(page, name).get_by_role("link")
        (links.first if link is None else links.filter(has_text=link).first).click()
        expect(page).to_have_url(re.compile(leads))
        page.go_back()


def test_what_is_drawn_and_which_days_are_in_the_address(studio: Studio) -> None:
    page = studio.page("/costs")
    for measure in ("Calls", "Tokens"):
        chosen(page, measure)
        expect(page).to_have_url(re.compile(f"measure={measure.lower()}"))
        expect(page.get_by_role("img", name=re.compile("^By day")).locator(".recharts-bar").first).to_be_attached()
    expect(page.get_by_role("listitem").filter(has_text="Written").first).to_be_visible()
    chosen(page, "Cost")
    expect(page).not_to_have_url(re.compile("measure"))
    chosen(page, "7 days")
    expect(page).to_have_url(re.compile("days=7"))
    page.get_by_label("To", exact=True).fill("2020-01-31")
    expect(page.get_by_label("From", exact=True)).to_have_attribute("max", "2020-01-31")  # each day goes on from the other
    page.get_by_label("From", exact=True).fill("2020-01-01")
    expect(page.get_by_role("heading", name="Nothing was asked in these days")).to_be_visible()
    page.get_by_role("link", name="all of them").click()
    expect(figure(page, "Calls")).to_be_visible()


def test_a_day_is_typed_by_keys_and_asked_for_when_it_is_whole(studio: Studio) -> None:
    page = studio.page("/costs?to=2030-01-31")
    first, last = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    expect(figure(page, "Calls")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(parse_qs(urlsplit(one.url).query).get("since", [""])[0]) if "by=day" in one.url else None)
    first.focus()
    page.keyboard.type("03152021", delay=100)
    expect(page).to_have_url(re.compile("from=2021-03-15"))
    expect(first).to_have_value("2021-03-15")
    assert asked == ["2021-03-15T00:00:00Z"]
    last.focus()
    page.keyboard.press("Backspace")  # the month alone: a day in part
    page.wait_for_timeout(1000)
    assert "to=2030-01-31" in page.url
    expect(first).to_have_value("2021-03-15")
    first.focus()
    expect(last).to_have_value("2030-01-31")  # left in part, it is what it was
    assert len(asked) == 1


def test_two_days_in_a_hurry_are_both_kept_and_none_is_all_of_them(studio: Studio) -> None:
    page = studio.page("/costs")
    first, last = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    expect(figure(page, "Calls")).to_be_visible()
    page.evaluate(AT_ONCE, [["To", "2030-01-31"], ["From", "2021-01-01"]])
    expect(page).to_have_url(re.compile("from=2021-01-01"))
    expect(page).to_have_url(re.compile("to=2030-01-31"))
    chosen(page, "7 days")
    expect(first).not_to_have_value("2021-01-01")
    page.go_back()
    expect(first).to_have_value("2021-01-01")
    first.fill("")
    last.fill("")
    expect(page.get_by_role("radio", name="All", exact=True)).to_be_checked()
    expect(first).to_have_value("")
    expect(last).to_have_value("")


def test_numbers_of_other_days_are_not_told_as_those_of_the_days_chosen(studio: Studio) -> None:
    page = studio.page("/costs")
    expect(figure(page, "Saved by memory")).to_have_text(re.compile(r"^≈"))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile("by=query.*since="), hold)
    chosen(page, "7 days")
    expect(figure(page, "Saved by memory")).to_have_text("—")
    page.route(re.compile("by=day.*since=2021"), hold)
    page.get_by_label("From", exact=True).fill("2021-01-01")
    expect(page.locator("[aria-busy=true]", has=page.get_by_label("In these days"))).to_be_visible()
    chosen(page, "All")
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    calls = figure(page, "Calls").inner_text()
    for route in held:
        route.fulfill(json={"by": "day", "costs": []})  # too late to matter
    page.wait_for_timeout(300)
    expect(figure(page, "Calls")).to_have_text(calls)
    expect(figure(page, "Saved by memory")).to_have_text(re.compile(r"^≈"))


def test_a_long_list_is_cut_until_one_asks(studio: Studio) -> None:
    for place in range(9):
        assert studio.server.sql(f"SELECT REPLY('number {place}')").status_code == 200
    page = studio.page("/costs")
    expect(table(page, "By query").get_by_role("row")).to_have_count(9)
    page.get_by_role("button", name=re.compile("Show all 1")).click()
    expect(table(page, "By query").get_by_role("row")).to_have_count(1 + len(costs(studio, "query")))
    page.get_by_role("button", name="Show fewer").click()
    expect(table(page, "By query").get_by_role("row")).to_have_count(9)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(studio: Studio, size: tuple[int, int], theme: str) -> None:
    page = studio.page("/costs", size, color_scheme=theme)
    expect(table(page, "By query").get_by_role("row").nth(1)).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
