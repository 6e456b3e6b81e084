"""The Studio's page: the same wherever one enters, new in its nonce each time, open to who has no token yet."""

from __future__ import annotations

import gzip
import importlib.util
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rvbbit.http import studio

PAGES = ["/", "/training", "/review", "/sets", "/sql", "/sessions", "/sessions/a/b", "/operators", "/operators/means", "/costs", "/import"]
ROOT = Path(__file__).parents[3]
SCRIPT = b"console.log('a');" * 200


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of one page and two files."""
    assets = tmp_path / "built" / "assets"
    assets.mkdir(parents=True)
    (assets / f"{tmp_path.name}.js").write_bytes(SCRIPT)
    (assets / f"{tmp_path.name}.svg").write_bytes(b"<svg/>")
    (assets.parent / "index.html").write_text('<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><div id="root"></div>')
    monkeypatch.setattr(studio, "BUILT", assets.parent)
    return assets


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_the_studio_whatever_it_is_asked(http: TestClient, path: str) -> None:
    found = http.get(path, params={"cascade": "x", "min_confidence": "0.8"})
    assert (found.status_code, found.headers["content-type"], found.headers["cache-control"]) == (
        200,
        "text/html; charset=utf-8",
        "no-store",
    )
    nonce = re.search(r'nonce="([^"]+)"', found.text)
    assert nonce and len(nonce[1]) >= 16
    policy = found.headers["content-security-policy"]
    assert f"style-src 'self' 'nonce-{nonce[1]}'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    assert nonce[1] not in http.get(path).text
    assert http.head(path).status_code == 200


def test_other_addresses_are_the_apis(http: TestClient) -> None:
    for path in ("/nowhere", "/trainings", "/training/x", "/assets", "/assets/", "/api/nowhere"):
        assert http.get(path).json()["error"]["code"] == "not_found", path


def test_files_are_for_ever_and_smaller_where_the_browser_takes_it(http: TestClient, built: Path) -> None:
    script, drawing = sorted(one.name for one in built.iterdir())
    found = http.get(f"/assets/{script}", headers={"accept-encoding": "gzip"})
    assert (found.content, found.headers["content-encoding"]) == (SCRIPT, "gzip")
    assert int(found.headers["content-length"]) == len(gzip.compress(SCRIPT, 6)) < len(SCRIPT)
    assert found.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in found.headers["cache-control"]
    plain = http.get(f"/assets/{script}", headers={"accept-encoding": "br"})
    assert (plain.content, plain.headers.get("content-encoding")) == (SCRIPT, None)
    small = http.get(f"/assets/{drawing}", headers={"accept-encoding": "gzip"})
    assert (small.content, small.headers.get("content-encoding"), small.headers["content-type"]) == (b"<svg/>", None, "image/svg+xml")


@pytest.mark.parametrize("name", ["gone-1234.js", "%2e%2e", "..%2findex.html", "%00", "x" * 3_000])
def test_no_other_file_is_served(http: TestClient, name: str) -> None:
    found = http.get(f"/assets/{name}")
    assert found.status_code == 404 and len(found.text) < 500, found.text


def test_a_checkout_without_a_build_says_what_to_do(http: TestClient, built: Path) -> None:
    (built.parent / "index.html").unlink()
    found = http.get("/training")
    assert found.status_code == 404 and "make studio" in found.text and "/docs" in found.text


@pytest.mark.parametrize(("path", "ours"), [("/", True), ("/training", True), ("/sessions/1", True), ("/assets/x.js", True), ("", False),
    ("*", False), ("//metrics", False), ("/metrics", False), ("/api/stats", False), ("/trainingx", False), ("/assets", False)])  # fmt: skip
def test_what_may_be_asked_without_a_token(path: str, ours: bool) -> None:
    assert studio.asked_for(path) is ours


def test_the_studios_types_are_made_from_the_api_as_it_is() -> None:
    spec = importlib.util.spec_from_file_location("make_openapi", ROOT / "scripts" / "make_openapi.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert (ROOT / "studio" / "openapi.json").read_text("utf-8") == script.description(), "run `make docs`"
