"""Where servers are and how their keys are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from rvbbit.errors import AuthenticationFailed, UsageError
from rvbbit.providers.servers import BY_NAME, SERVERS, address


def test_no_two_servers_share_a_name():
    assert len(BY_NAME) == len(SERVERS)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_every_server_is_reached_with_its_key(server):
    found = address(server, {server.key_env: "sk-1"})
    assert (str(found.url), found.key) == (server.base_url, "sk-1")


@pytest.mark.parametrize("server", [server for server in SERVERS if not server.keyless], ids=lambda server: server.name)
def test_a_missing_key_is_named(server):
    with pytest.raises(AuthenticationFailed, match=server.key_env):
        address(server, {server.key_env: "  "})


@pytest.mark.parametrize("server", [server for server in SERVERS if server.keyless], ids=lambda server: server.name)
def test_a_server_of_ones_own_needs_no_key(server):
    assert address(server, {}).key is None


def test_another_base_url_needs_no_key_and_sends_one_if_there_is():
    env = {"OPENAI_BASE_URL": "http://localhost:9/v1/"}
    assert str(address(BY_NAME["openai"], env).url) == "http://localhost:9/v1"
    assert address(BY_NAME["openai"], env).key is None
    assert address(BY_NAME["openai"], env | {"OPENAI_API_KEY": "k"}).key == "k"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("gpu", "http://gpu:11434/v1"),
        ("gpu:8000", "http://gpu:8000/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("https://gpu.example", "https://gpu.example/v1"),
        ("http://gpu:8000/v1", "http://gpu:8000/v1"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(given, url):
    assert str(address(BY_NAME["ollama"], {"OLLAMA_HOST": given}).url) == url


@pytest.mark.parametrize("given", ["localhost:9", "ftp://x/v1", "http://", "http://x:99999/v1", "no address"])
def test_a_base_url_that_is_none_is_named(given):
    with pytest.raises(UsageError, match="OPENAI_BASE_URL"):
        address(BY_NAME["openai"], {"OPENAI_BASE_URL": given})


def test_a_key_with_a_line_break_inside_is_refused_without_showing_it():
    with pytest.raises(AuthenticationFailed) as caught:
        address(BY_NAME["openai"], {"OPENAI_API_KEY": "sk-secret\nmore"})
    assert "sk-secret" not in f"{caught.value} {caught.value.hint}"


def test_no_key_and_no_password_shows():
    found = address(BY_NAME["openai"], {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": "http://me:pass@host/v1?token=t"})
    assert "sk-secret" not in repr(found)
    assert found.shown == "http://host/v1"


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_page_on_models_has_a_row_for_every_server(server):
    page = (Path(__file__).parents[3] / "docs" / "providers.md").read_text("utf-8")
    key = "none needed" if server.keyless else f"`{server.key_env}`"
    assert f"| `{server.name}` | `{server.base_url}`, or `{server.base_env}` | {key} |" in page
