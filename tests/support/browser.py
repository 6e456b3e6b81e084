"""A browser on a real `rvbbit serve`, and what its pages did wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from rvbbit.testing import FakeProcess
from support.logged import REPLY
from support.serving import Serving

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("RVBBIT_TEST_BROWSER", "/usr/bin/chromium"))
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-gpu"]
AXE = ROOT / "studio" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 20_000  # milliseconds
DESK, PHONE = (1440, 900), (390, 844)

TOML = 'model = "openai:fake"\nscoring = "off"\n[prices]\n"openai:fake" = {input = 0.15, output = 0.60}\n'


def project(home: Path) -> Path:
    """A folder with an operator that learns and a model that costs something."""
    (home / "cascades").mkdir(parents=True)
    (home / "cascades" / "reply.cascade.yaml").write_text(REPLY)
    (home / "rvbbit.toml").write_text(TOML)
    return home


@dataclass
class Studio:
    """A server, its model and the browsers on it. `errors`: what pages logged; a test that provokes some clears them."""

    server: Serving
    browser: Browser
    model: FakeProcess
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, path: str | None = "/training", size: tuple[int, int] = DESK, **more: Any) -> Page:
        """A new browser window at a path (None: at none yet); `more` is what Playwright's `new_context` takes."""
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **more)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "request", lambda asked: None if asked.url.startswith(("data:", "blob:", self.server.url)) else self.outside.append(asked.url)
        )
        if path is not None:
            page.goto(self.server.url + path)
        return page


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical on a page as it is now: rule, and where."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)))")  # colours are on their way
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    grave = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in grave for node in one["nodes"]]
