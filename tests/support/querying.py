"""The page SQL in a test's words: write, run, look."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

from support.browser import Studio

LETTERS = (
    "CREATE TABLE letters AS SELECT i AS number, 'letter ' || i || ' about a lost parcel' AS body, i % 7 = 0 AS urgent,"
    " CASE WHEN i = 3 THEN NULL ELSE 'say \"hi\", Zoë' END AS note FROM range(1, {}) r(i)"
)


def editor(page: Page) -> Any:
    return page.get_by_role("textbox", name="SQL", exact=True)


def write(page: Page, sql: str) -> None:
    """In place of what is there."""
    editor(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")  # Chromium styles what takes the place of coloured text, which the policy refuses
    page.keyboard.insert_text(sql)
    page.keyboard.press("Escape")


def run(page: Page, sql: str) -> None:
    write(page, sql)
    page.keyboard.press("Control+Enter")


def status(page: Page) -> Any:
    return page.get_by_role("status").filter(has_text=re.compile("Running|Cancelling|Done|Failed|Cancelled|Explained"))


def cells(page: Page, column: int) -> Any:
    return page.locator(f'.ag-cell[col-id="{column}"]')


def executions(page: Page) -> Any:
    return page.get_by_role("tabpanel", name="Executions")


def logged(studio: Studio, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.server.http.get("/api/training/examples", params=asked).json()["examples"]
    return found


def lettered(made: Studio, rows: int = 40) -> Studio:
    assert made.server.sql(LETTERS.format(rows + 1)).status_code == 200
    return made
