"""The page Operators: all of them listed, one from a template tried, tested and at work in SQL, broken files mended."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.browser import DESK, PHONE, Studio, serious
from support.operators import editor, file, valid, write

NASTY = "<img src=x onerror=window.hacked=1>"


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    """With a table to take rows from."""
    made = studio_on(empty)
    assert made.server.sql("CREATE TABLE letters AS SELECT i AS number, 'letter ' || i AS body FROM range(1, 41) r(i)").status_code == 200
    return made


def test_every_operator_is_listed_with_how_it_is_written_and_whose_it_is(studio: Studio) -> None:
    page = studio.page("/operators")
    table = page.get_by_role("region", name="Operators")
    known = studio.server.http.get("/api/operators").json()["operators"]
    expect(table.get_by_role("row")).to_have_count(len(known) + 1)
    expect(table.get_by_role("row").filter(has_text="MEANS criterion")).to_contain_text("built-in")
    expect(table.get_by_role("row").filter(has_text="REPLY(prompt)")).to_contain_text("project")
    page.get_by_role("searchbox", name="Search operators").fill("repl prompt")
    expect(table.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile("search=repl"))
    page.reload()
    expect(table.get_by_role("row")).to_have_count(2)
    page.get_by_role("searchbox", name="Search operators").fill("nothing is called so")
    expect(page.get_by_role("heading", name="No operator is called so")).to_be_visible()
    page.get_by_role("searchbox", name="Search operators").fill("")
    table.get_by_text("text MEANS criterion").click()
    expect(page.get_by_role("heading", name="means", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Signature")).to_be_visible()
    expect(editor(page, "means")).to_contain_text("cascade_id: means")
    page.get_by_role("link", name="All operators").click()
    expect(table).to_be_visible()


def test_a_new_one_is_written_tried_tested_saved_and_works_in_sql_at_once(studio: Studio) -> None:
    page = studio.page("/operators")
    page.get_by_role("button", name="New operator").click()
    page.get_by_label("Name").fill("means")
    expect(page.get_by_text("there is one of this name")).to_be_visible()
    page.get_by_label("Name").fill("Is Urgent")
    expect(page.get_by_text("small letters, digits and _")).to_be_visible()
    expect(page.get_by_role("button", name="Write it")).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="New operator").click()
    page.get_by_label("Name").fill("is_urgent")
    page.keyboard.press("Enter")
    valid(page)
    expect(page.get_by_text("IS_URGENT(text)")).to_be_visible()
    assert not file(studio, "is_urgent").exists()

    page.get_by_role("combobox", name="Take rows from a table").select_option("letters")
    rows = page.get_by_label(re.compile("Rows, one a line"))
    expect(rows).to_have_value(re.compile(r'^\{"text":"letter 1"\}\n'))
    page.get_by_role("button", name="Run", exact=True).click()
    answers = page.get_by_role("listitem").filter(has_text=re.compile("letter [1-5].*(true|false)"))
    expect(answers).to_have_count(5)
    calls = studio.model.stats()["calls"]
    case = page.get_by_role("listitem").filter(has_text="The server is down")
    expect(case).to_contain_text("expects true")
    expect(case.get_by_label("not run")).to_be_visible()
    page.get_by_role("button", name="Run test cases").click()
    expect(case.get_by_label(re.compile("^(passed|failed)$"))).to_be_visible()
    expect(page.get_by_text(re.compile("^[01] passed, [01] failed$"))).to_be_visible()
    assert (studio.model.stats()["calls"] - calls, calls) == (1, 5)
    assert not file(studio, "is_urgent").exists()

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved cascades/is_urgent.cascade.yaml")).to_be_visible()
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    assert "IS_URGENT({{ text }})" in file(studio, "is_urgent").read_text()
    expect(page).not_to_have_url(re.compile("new="))
    with page.expect_response("**/api/operators") as known:
        page.get_by_role("link", name="SQL").click()
    known.value.finished()  # from then on the new one is offered
    sql = page.get_by_role("textbox", name="SQL", exact=True)
    sql.focus()
    page.keyboard.type("SELECT IS_U")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("IS_URGENT(text)")
    page.keyboard.press("Escape")
    page.keyboard.type("RGENT(body) FROM letters WHERE number > 37")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="Done")).to_contain_text("3 rows")
    assert (
        len(studio.server.http.get("/api/training/examples", params={"cascade_id": "is_urgent", "source": "query"}).json()["examples"]) == 3
    )


def test_a_built_in_one_is_overridden_in_the_project_alone(studio: Studio) -> None:
    page = studio.page("/operators/means")
    expect(page.get_by_text("Built-in: saving puts a copy into this project")).to_be_visible()
    expect(page.get_by_role("button", name="Saved")).to_be_disabled()
    text = studio.server.http.get("/api/cascades/means").json()["yaml"]
    write(page, "means", text.replace("description: Whether", "description: Mine. Whether", 1))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved cascades/means.cascade.yaml")).to_be_visible()
    page.get_by_role("link", name="All operators").click()
    expect(page.get_by_role("row").filter(has_text="MEANS criterion")).to_contain_text("project")


def test_a_broken_file_is_told_and_mended_here(studio: Studio) -> None:
    good = file(studio, "reply").read_text()
    file(studio, "reply").write_text(good.replace("instructions:", "instrucions:"))
    page = studio.page("/operators")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("instrucions")
    alert.get_by_role("link", name="Mend it").first.click()
    expect(page.get_by_role("list", name="Problems")).to_contain_text("instrucions")
    write(page, "reply", good)
    valid(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved cascades/reply.cascade.yaml")).to_be_visible()
    page.get_by_role("link", name="All operators").click()
    expect(page.get_by_role("row").filter(has_text="REPLY(prompt)")).to_be_visible()
    expect(alert).to_have_count(0)


def test_rows_that_do_not_fit_are_told_by_their_number(studio: Studio) -> None:
    page = studio.page("/operators/reply")
    rows = page.get_by_label(re.compile("Rows, one a line"))
    rows.fill('a plain text\n{"prompt": 3}\n{broken')
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("row 3 is no JSON")).to_be_visible()
    rows.fill('a plain text\n{"nothing": 3}')
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="a plain text")).to_contain_text("fake")
    expect(page.get_by_role("listitem").filter(has_text=re.compile("^3"))).to_contain_text("nothing")
    page.get_by_role("link", name="open").click()
    expect(page).to_have_url(re.compile("/training.*open="))
    studio.errors.clear()


def test_text_of_a_file_is_never_markup(studio: Studio) -> None:
    text = (
        file(studio, "reply")
        .read_text()
        .replace("Answers a prompt.", f'"{NASTY}"')
        .replace("type: VARCHAR", f'type: VARCHAR, description: "{NASTY}"')
    )
    file(studio, "reply").write_text(text)
    broken = f"cascade_id: evil\n{NASTY}: 1\ncells: [{{name: a, instructions: x, '{NASTY}': 2}}]\n"
    file(studio, "evil").write_text(broken)
    page = studio.page("/operators")
    expect(page.get_by_role("alert")).to_contain_text("onerror")
    expect(page.get_by_role("row").filter(has_text="REPLY(prompt)")).to_contain_text(NASTY)
    page = studio.page("/operators/evil")
    expect(page.get_by_role("list", name="Problems")).to_contain_text("onerror")
    page.locator(".cm-lint-marker").first.hover()
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None
    page = studio.page("/operators/reply")
    valid(page)
    page.get_by_label(re.compile("Rows, one a line")).fill(NASTY)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text=NASTY)).to_be_visible()
    expect(page.get_by_text("The file has none")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0
    page = studio.page(f"/operators/{NASTY.replace(' ', '%20')}")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    studio.errors.clear()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious_in_any_state(studio: Studio, size: tuple[int, int], theme: str) -> None:
    found: dict[str, list[str]] = {}

    def look(page: Page, state: str) -> None:
        page.wait_for_timeout(250)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} is wider than the window"
        found[state] = serious(page)

    page = studio.page("/operators", size, color_scheme=theme)
    expect(page.get_by_role("row").filter(has_text="REPLY(prompt)")).to_be_visible()
    look(page, "list")
    page.get_by_role("button", name="New operator").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page, "new")
    page.keyboard.press("Escape")
    page = studio.page("/operators/classify", size, color_scheme=theme)
    valid(page)
    page.get_by_role("button", name="Run test cases").click()
    expect(page.get_by_text(re.compile("^[0-2] passed, [0-2] failed$"))).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("link", name="open")).to_be_visible()
    look(page, "tested")
    editor(page, "classify").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("nonsense: 1")
    expect(page.get_by_role("list", name="Problems")).to_be_visible()
    look(page, "wrong")
    page.get_by_role("link", name="All operators").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    look(page, "leaving")
    assert {state: grave for state, grave in found.items() if grave} == {}
