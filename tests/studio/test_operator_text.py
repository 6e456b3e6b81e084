"""The text of an operator: what is wrong told as one types, a save that loses nothing, and no way to lose a text."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from support.browser import Studio
from support.operators import editor, file, fresh, valid, write
from support.serving import until


@pytest.fixture
def studio(studio_on: Callable[..., Studio], empty: Path) -> Studio:
    return studio_on(empty)


def test_what_is_wrong_is_told_as_one_types_and_nothing_broken_is_saved(studio: Studio) -> None:
    page = studio.page("/operators/reply")
    valid(page)
    before = file(studio, "reply").read_text()
    editor(page, "reply").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("    use_trainin: maybe")
    problems = page.get_by_role("list", name="Problems")
    expect(problems).to_contain_text("use_trainin")
    expect(problems).to_contain_text("unknown key")
    expect(page.get_by_text("1 to mend")).to_be_visible()
    expect(page.locator(".cm-lintRange-error")).to_have_count(1)
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Run test cases")).to_be_disabled()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    page.keyboard.press("Control+s")
    page.wait_for_timeout(300)
    assert file(studio, "reply").read_text() == before
    refused = studio.server.http.put("/api/cascades/reply", json={"yaml": editor(page, "reply").inner_text()})
    assert refused.status_code == 422  # whoever comes around the button
    assert file(studio, "reply").read_text() == before
    assert studio.server.sql("SELECT REPLY('still there')").status_code == 200
    page.get_by_role("heading", name="YAML").click()
    problems.get_by_role("button").first.click()
    page.keyboard.press("Shift+End")
    page.keyboard.press("Delete")
    valid(page)


def test_while_a_text_is_checked_nothing_is_said_of_it_and_a_save_is_the_servers_to_judge(studio: Studio) -> None:
    page = studio.page("/operators/reply")
    valid(page)
    before = file(studio, "reply").read_text()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/cascades/validate", hold)
    write(page, "reply", before.replace("instructions:", "instrucions:"))
    expect(page.get_by_text("checking", exact=True)).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Not saved: the file is as it was").first).to_be_visible()
    assert file(studio, "reply").read_text() == before
    held.pop(0).continue_()
    expect(page.get_by_text(re.compile("^[0-9] to mend$"))).to_be_visible()
    write(page, "reply", mended := before.replace("Answers a prompt.", "Answers it."))
    expect(page.get_by_text("checking", exact=True)).to_be_visible()
    page.keyboard.press("Control+s")  # though the text before was wrong
    expect(page.get_by_text("Saved cascades/reply.cascade.yaml")).to_be_visible()
    until(lambda: file(studio, "reply").read_text().strip() == mended.strip())
    expect(page.get_by_text("checking", exact=True)).to_be_visible()
    held.pop(0).continue_()
    valid(page)
    editor(page, "reply").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_text(re.compile("^(valid|checking)$"))).to_have_count(0)
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    studio.errors.clear()  # the browser logs a status of 422


def test_keys_and_values_are_offered_by_the_schema(studio: Studio) -> None:
    page = studio.page("/operators/reply")
    valid(page)
    editor(page, "reply").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("    training_str")
    offered = page.locator(".cm-tooltip-autocomplete")
    expect(offered).to_contain_text("training_strategy")
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Space")
    expect(offered).to_contain_text("semantic")
    page.keyboard.type("rec")
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    valid(page)
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved cascades/reply.cascade.yaml")).to_be_visible()
    assert file(studio, "reply").read_text().endswith("training_strategy: recent")


def test_a_save_keeps_what_was_and_brings_it_back(studio: Studio) -> None:
    page = studio.page("/operators/reply")
    valid(page)
    first = file(studio, "reply").read_text()
    write(page, "reply", first.replace("Answers a prompt.", "Answers it."))
    page.keyboard.press("Control+s")
    expect(page.get_by_text("what it was is beside it as .bak")).to_be_visible()
    assert file(studio, "reply").with_name("reply.cascade.yaml.bak").read_text() == first
    page.get_by_role("button", name="Bring back the text from before the last save").click()
    expect(editor(page, "reply")).to_contain_text("Answers a prompt.")
    page.get_by_role("button", name="Save", exact=True).click()
    until(lambda: file(studio, "reply").read_text() == first)


def test_leaving_an_unsaved_text_asks_first(studio: Studio) -> None:
    page = fresh(studio)
    page.get_by_role("link", name="All operators").click()  # nothing was typed: nothing is asked
    expect(page.get_by_role("region", name="Operators")).to_be_visible()
    page = studio.page("/operators/reply")
    valid(page)
    editor(page, "reply").click()
    page.keyboard.type("# mine\n")
    page.get_by_role("link", name="SQL").click()
    question = page.get_by_role("dialog", name="Leave without saving?")
    question.get_by_role("button", name="Stay").click()
    expect(editor(page, "reply")).to_contain_text("# mine")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    while not asked:
        page.wait_for_timeout(50)
    assert asked == ["beforeunload"]
    page.get_by_role("link", name="SQL").click()
    question.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="SQL", level=1)).to_be_visible()
    assert "# mine" not in file(studio, "reply").read_text()


def test_two_who_edit_the_same_one_do_not_overwrite_each_other(studio: Studio) -> None:
    mine, theirs = studio.page("/operators/reply"), studio.page("/operators/reply")
    for page, words in ((theirs, "Answers it."), (mine, "Answers me.")):
        valid(page)
        write(page, "reply", file(studio, "reply").read_text().replace("Answers a prompt.", words).replace("Answers it.", words))
    theirs.keyboard.press("Control+s")
    expect(theirs.get_by_text("Saved cascades/reply.cascade.yaml")).to_be_visible()
    mine.keyboard.press("Control+s")
    expect(mine.get_by_text("Not saved: the file is as it was").first).to_be_visible()
    expect(mine.get_by_text(re.compile("changed by somebody else")).first).to_be_visible()
    expect(editor(mine, "reply")).to_contain_text("Answers me.")
    assert "Answers it." in file(studio, "reply").read_text()
    studio.errors.clear()  # the browser logs a status of 409


def test_a_server_that_is_gone_saves_nothing_and_the_text_stays(studio: Studio) -> None:
    page = studio.page("/operators/reply")
    valid(page)
    before = file(studio, "reply").read_text()
    write(page, "reply", before.replace("Answers a prompt.", "Answers it."))
    valid(page)
    studio.server.process.send_signal(signal.SIGKILL)
    studio.server.process.wait()
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Not saved: the file is as it was").first).to_be_visible()
    expect(page.get_by_text(re.compile("does not answer")).first).to_be_visible()
    expect(editor(page, "reply")).to_contain_text("Answers it.")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="does not answer")).to_be_visible()
    assert file(studio, "reply").read_text() == before
    page.context.close()  # it would go on to ask, and the browser to say that nobody answers
    studio.errors.clear()
