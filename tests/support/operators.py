"""An operator's file on the Studio's page: its editor, a new text in it, the file on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from support.browser import Studio


def editor(page: Page, name: str) -> Any:
    return page.get_by_role("textbox", name=f"YAML of {name}")


def valid(page: Page) -> None:
    expect(page.get_by_text("valid", exact=True)).to_be_visible()


def write(page: Page, name: str, text: str) -> None:
    """In place of what is there; once the page looks at it, it is what a save would keep."""
    with page.expect_request(lambda one: one.url.endswith("/validate") and one.post_data_json["yaml"].strip() == text.strip()):
        editor(page, name).click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.insert_text(text)
        page.keyboard.press("Escape")


def file(studio: Studio, name: str) -> Path:
    return studio.server.home / "cascades" / f"{name}.cascade.yaml"


def fresh(studio: Studio, name: str = "is_urgent") -> Page:
    """A new one from the template, on the screen."""
    page = studio.page("/operators")
    page.get_by_role("button", name="New operator").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Write it").click()
    expect(editor(page, name)).to_contain_text("sql_function")
    return page
