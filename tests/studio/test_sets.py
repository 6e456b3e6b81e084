"""Sets: versions named, held, rolled back, proven and raced by hand; what each button did is looked at on the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from support.browser import DESK, PHONE, Studio, serious
from support.serving import running, until


@pytest.fixture
def studio(studio_on: Callable[..., Studio], taught: Path) -> Studio:
    return studio_on(taught)


def versions(studio: Studio) -> list[dict[str, Any]]:
    """Newest first: the one that does harm, the one that helps."""
    found: list[dict[str, Any]] = studio.server.http.get("/api/training/sets").json()["sets"]
    return found


def brief(version: dict[str, Any]) -> str:
    return str(version["version"])[:8]


def chosen(page: Page, version: dict[str, Any]) -> None:
    page.get_by_label("Versions", exact=True).get_by_role("button", name=brief(version)).click()
    expect(page.get_by_role("heading", name=f"Version {brief(version)}")).to_be_visible()


def test_a_version_is_named_rolled_back_to_and_set_free(studio: Studio) -> None:
    _, helps = versions(studio)
    page = studio.page("/sets")
    chosen(page, helps)
    expect(page).to_have_url(re.compile(f"version={helps['version']}"))
    page.get_by_role("button", name="Tag", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Tag")).to_be_disabled()
    dialog.get_by_label("Name").fill("good one")
    dialog.get_by_role("button", name="Tag").click()
    expect(dialog).to_contain_text("cannot be a tag: letters, digits")
    studio.errors.clear()  # the refusal is a failed request, and the browser says so
    dialog.get_by_label("Name").fill("good-one")
    dialog.get_by_role("button", name="Tag").click()
    expect(page.get_by_text("Tagged good-one")).to_be_visible()
    assert versions(studio)[1]["tags"] == ["good-one"]
    page.get_by_role("button", name="Roll back to this").click()
    dialog.get_by_label("Why").fill("the newer one is wrong")
    dialog.get_by_role("button", name="Roll back to this").click()
    expect(page.get_by_text(f"Calls learn from {brief(helps)} now")).to_be_visible()
    assert [version["live"] for version in versions(studio)] == [False, True]
    expect(page.get_by_text("live, held")).to_be_visible()
    page.get_by_role("button", name="Follow decisions").click()
    expect(page.get_by_text("Calls learn from every decision again")).to_be_visible()
    assert [version["live"] for version in versions(studio)] == [False, False]


def test_a_version_that_does_harm_is_refused_until_one_says_so(studio: Studio) -> None:
    harmful, _ = versions(studio)
    assert harmful["harm"] is True
    page = studio.page("/sets")
    expect(page.get_by_label("Versions", exact=True).get_by_text("harm")).to_be_visible()
    page.get_by_role("button", name="Hold this version").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its evaluation shows harm")
    dialog.get_by_role("button", name="Hold this version").click()
    expect(dialog.get_by_role("alert")).to_contain_text("it does not go live")
    expect(dialog.get_by_role("button", name="Hold this version")).to_be_disabled()
    assert not versions(studio)[0]["live"]
    dialog.get_by_text("Use it although it answers worse").click()
    dialog.get_by_role("button", name="Hold this version anyway").click()
    expect(dialog).to_have_count(0)
    assert versions(studio)[0]["live"]
    studio.errors.clear()  # the refusal is a failed request, and the browser says so


def test_what_changed_what_is_in_it_and_since_when(studio: Studio) -> None:
    harmful, helps = versions(studio)
    page = studio.page("/sets")
    page.get_by_role("tab", name="Changes").click()
    expect(page.get_by_label("Compared with")).to_have_value(str(helps["version"]))
    expect(page.get_by_role("heading", name="90 Added")).to_be_visible()
    page.get_by_role("button", name="Show 48 more of 90").click()
    expect(page.get_by_role("button", name="Show 30 more of 90")).to_be_visible()
    page.get_by_role("tab", name="Examples").click()
    table = page.get_by_label("Examples of this version")
    expect(table.get_by_role("row")).to_have_count(51)
    page.get_by_role("button", name="Show more of 150").click()
    expect(table.get_by_role("row")).to_have_count(151)
    table.get_by_role("button", name=brief(helps)).first.click()
    expect(page.get_by_role("heading", name=f"Version {brief(helps)}")).to_be_visible()
    chosen(page, harmful)
    page.get_by_role("tab", name="Examples").click()
    table.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile("/training.*open="))


def test_the_curve_the_proof_and_the_calibration_are_drawn(studio: Studio) -> None:
    page = studio.page("/sets")
    expect(page.get_by_role("img", name=re.compile("60 examples.*150 examples"))).to_be_visible()
    expect(page.locator(".recharts-line")).to_have_count(3)
    page.get_by_role("radio", name="Time").click()
    expect(page).to_have_url(re.compile("axis=time"))
    expect(page.get_by_role("radio", name="Time")).to_be_checked()
    expect(page.locator(".recharts-line")).to_have_count(3)
    gains = page.get_by_label(re.compile("Gains in points"))
    expect(gains.get_by_role("listitem")).to_have_count(3)
    expect(gains).to_contain_text("worse")
    expect(page.get_by_label("Arms").get_by_role("row")).to_have_count(4)
    expect(page.get_by_label("Calibration").get_by_text("ECE")).to_be_visible()
    expect(page.get_by_label("Confusion").get_by_role("row")).to_have_count(7)
    found = studio.server.http.get("/api/training/calibration", params={"cascade_id": "classify", "cell_name": "label"}).json()
    expect(page.get_by_label("Calibration").get_by_text(f"{found['ece']:.3f}", exact=True)).to_be_visible()


def test_an_evaluation_is_asked_how_much_and_kept_with_the_version(studio: Studio) -> None:
    _, helps = versions(studio)
    before = helps["evaluated"]
    page = studio.page("/sets")
    chosen(page, helps)
    page.get_by_role("button", name="Evaluate").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Questions at most").fill("0")
    expect(dialog.get_by_role("button", name="Start the evaluation")).to_be_disabled()
    dialog.get_by_label("Questions at most").fill("30")
    expect(dialog).to_contain_text("At most 90 answers")
    dialog.get_by_role("button", name="Start the evaluation").click()
    expect(page.get_by_text(f"Evaluation of {brief(helps)} is done")).to_be_visible()
    now = next(version for version in versions(studio) if version["version"] == helps["version"])
    assert now["evaluated"] != before and now["evaluation"]["questions"] == 30
    expect(page.get_by_text("30 verified questions")).to_be_visible()
    assert studio.model.stats()["calls"] > 0


def test_strategies_race_and_the_winner_stands_there(studio: Studio) -> None:
    _, helps = versions(studio)
    page = studio.page(f"/sets?version={helps['version']}")
    page.get_by_role("button", name="Race", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Questions at most").fill("30")
    for strategy in ("high_confidence", "random", "semantic"):
        dialog.get_by_label(strategy).uncheck()
    dialog.get_by_label("Numbers of examples").fill("2, much")
    expect(dialog.get_by_role("button", name="Start the race")).to_be_disabled()
    dialog.get_by_label("Numbers of examples").fill("2, 3")
    dialog.get_by_label("Budget").fill("5")
    dialog.get_by_role("button", name="Start the race").click()
    expect(page.get_by_text(f"Race of {brief(helps)} is done")).to_be_visible()
    now = next(version for version in versions(studio) if version["version"] == helps["version"])
    assert {"none", "recent 2", "recent 3"} <= set(now["race"]["arms"])
    page.get_by_role("tab", name="Race").click()
    expect(page.get_by_label("Racers").get_by_role("row")).to_have_count(len(now["race"]["arms"]) + 1)


def test_a_race_is_stopped_and_the_server_stops_too(studio_on: Callable[..., Studio], taught: Path) -> None:
    studio = studio_on(taught, more={"RVBBIT_CONCURRENCY": "1"}, model=("--latency", "0.2"))
    page = studio.page("/sets")
    page.get_by_role("button", name="Race", exact=True).click()
    page.get_by_role("button", name="Start the race").click()
    expect(page.get_by_role("status").filter(has_text=re.compile(r"Race of \w+: [1-9]\d* of"))).to_be_visible()
    page.get_by_role("link", name="Costs").click()
    page.get_by_role("link", name="Sets").click()
    expect(page.get_by_role("status").filter(has_text="Race of")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Race stopped")).to_be_visible()
    until(lambda: running(studio.server) == 0)
    calls = studio.model.stats()["calls"]
    assert calls < 500
    assert all(version["race"] is None for version in versions(studio))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious_in_any_tab_or_dialog(studio: Studio, size: tuple[int, int], theme: str) -> None:
    page = studio.page("/sets", size, color_scheme=theme)
    for name in ("Evaluation", "Changes", "Examples", "Race"):
        page.get_by_role("tab", name=name).click()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("Evaluate", "Race", "Tag", "Hold this version"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert serious(page) == []
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
