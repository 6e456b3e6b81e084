"""Writes docs/studio/*.webp: every page of the Studio on the demo's data, large and small, dark and light. `make pictures`.

A real `rvbbit serve` on a project of its own and Debian's Chromium. The model that costs something is the shipped fake one.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from rvbbit import address
from rvbbit.testing import FakeProcess

FOLDER = Path(__file__).parents[1] / "docs" / "studio"
CHROMIUM = os.environ.get("RVBBIT_TEST_BROWSER", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
SIZES = {"desk": (1440, 900), "phone": (390, 844)}
TOML = 'scoring = "off"\n[prices]\n"openai:gpt-fake" = {input = 0.15, output = 0.60}\n'
SETTLED = 900  # milliseconds after the last skeleton: charts and the grid draw
ASKED = (
    "SELECT text, ASK(text, 'what does the customer want, in three words?') AS wish FROM tickets LIMIT 40",
    "SELECT text FROM (FROM tickets LIMIT 120) WHERE text MEANS 'a card was lost or stolen'",
    "SELECT text FROM (FROM tickets LIMIT 60) WHERE text ABOUT 'exchange rates' > 0.4",
)
SHOWN = """SELECT id, text, CLASSIFY(text, 'card, transfer, refund, top up, exchange rate') AS topic
FROM tickets
WHERE text MEANS 'a card was lost or stolen'
LIMIT 25"""

LOGGED = b"""id,prompt,response,model,created_at,customer
1,Where is my card?,Cards arrive within five working days.,openai:gpt-5-mini,2026-11-02T09:14:00Z,7741
2,I was charged twice,I am sorry about that. The second charge is returned within three days.,openai:gpt-5-mini,2026-11-02T09:20:00Z,1203
3,How do I change my PIN?,Any cash machine with our sign changes it.,openai:gpt-5-mini,2026-11-02T09:31:00Z,9918
"""


def row(page: Page) -> None:
    """Opens the panel."""
    page.locator(".ag-row [col-id=user_input]").nth(2).click()


def ask(page: Page) -> None:
    """Runs a query."""
    editor = page.locator(".cm-content").first
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(SHOWN)
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(4_000)


def sit(page: Page) -> None:
    """Begins to review."""
    page.get_by_role("link", name="classify.label").click()


def session(page: Page) -> None:
    """Opens a session with calls in it."""
    page.locator("main a[href^='/sessions/']").last.click()


def choose(page: Page) -> None:
    """Chooses a file, which is shown before it is sent."""
    page.locator("input[type=file]").set_input_files({"name": "assistant.csv", "mimeType": "text/csv", "buffer": LOGGED})


def nothing(page: Page) -> None:
    """The page as it opens."""


PAGES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "training": ("/training", nothing),
    "panel": ("/training", row),
    "review": ("/review", sit),
    "sets": ("/sets", nothing),
    "sql": ("/sql", ask),
    "sessions": ("/sessions", nothing),
    "session": ("/sessions", session),
    "operators": ("/operators", nothing),
    "operator": ("/operators/means", nothing),
    "costs": ("/costs", nothing),
    "import": ("/import", choose),
}


def main() -> None:
    """All of them, or those named."""
    wanted = sys.argv[1:] or list(PAGES)
    FOLDER.mkdir(exist_ok=True)
    with serving() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in wanted:
            for size in SIZES:
                for theme in ("dark", "light"):
                    picture(browser, url, name, size, theme)
        browser.close()


def picture(browser: Browser, url: str, name: str, size: str, theme: str) -> None:
    """One file."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.on("console", lambda said: print("console:", name, said.text) if said.type == "error" else None)
    path, act = PAGES[name]
    page.goto(url + path)
    settle(page)
    act(page)
    settle(page)
    taken = context.new_cdp_session(page).send("Page.captureScreenshot", {"format": "webp", "quality": 75})
    (FOLDER / f"{name}-{size}-{theme}.webp").write_bytes(base64.b64decode(taken["data"]))
    context.close()


def settle(page: Page) -> None:
    """Nothing is being fetched or drawn."""
    page.locator("main h1").wait_for(state="attached")
    page.wait_for_function("() => document.querySelectorAll('[aria-busy=true]').length === 0")
    page.wait_for_timeout(SETTLED)


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server on a project with the demo's data, a few questions more, and scores."""
    with tempfile.TemporaryDirectory() as folder, FakeProcess("--latency", "0.02") as model:
        home = Path(folder) / "support"
        home.mkdir()
        (home / "rvbbit.toml").write_text(TOML, "utf-8")
        environment = {**os.environ, "OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "none"}
        command = [str(Path(sys.executable).with_name("rvbbit")), "serve", "--port", "0", "--studio-port", "0"]
        server = subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.DEVNULL)
        try:
            while (found := address.find(home)) is None:
                time.sleep(0.1)
            fill(found.url)
            yield found.url
        finally:
            server.terminate()
            server.wait(30)


def fill(url: str) -> None:
    """What the pictures show."""
    with httpx.Client(base_url=url, timeout=600) as http:
        for path, body in (
            ("/api/demo", None),
            *(("/api/sql", {"sql": sql, "model": "openai:gpt-fake"}) for sql in ASKED),
            ("/api/training/score", {"free": True}),
        ):
            found = http.post(path, json=body)
            if found.is_error:
                sys.exit(f"{path}: {found.text}")


if __name__ == "__main__":
    main()
