"""The page Training in a test's words: a row, a cell, how many there are."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def row(page: Page, number: int = 0) -> Locator:
    return page.locator(f'.ag-row[row-index="{number}"]')


def cell(page: Page, number: int = 0, column: str = "user_input") -> Locator:
    return row(page, number).locator(f'[col-id="{column}"]')


def press(page: Page, number: int = 0) -> Locator:
    """Where one presses to make a row trainable: the box itself is behind what is drawn."""
    return cell(page, number, "trainable").locator("label")


def counted(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text=re.compile(r"\d executions?$"))


def figure(page: Page, name: str) -> Locator:
    return page.get_by_label("Figures of all executions").get_by_text(name, exact=True).locator("xpath=following-sibling::*[1]")


def shown(page: Page) -> Page:
    """Once its rows are there, the page knows how many, as its keys must, and the figures above moved them for the last time."""
    expect(cell(page)).not_to_be_empty()
    expect(counted(page)).to_be_visible()
    expect(figure(page, "Executions")).to_be_visible()
    return page


def total(page: Page) -> int:
    return int(re.sub(r"\D", "", counted(page).inner_text()))
