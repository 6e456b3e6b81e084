"""A store on a server as a setting: what is accepted, and a password that nobody sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from rvbbit.errors import SettingsError
from rvbbit.settings import is_server, load

URL = "clickhouse://me:s3cret@db.example:8123/learned"


def test_a_url_of_clickhouse_is_a_store_and_no_path(tmp_path: Path) -> None:
    settings = load(env={"RVBBIT_STORE": URL}, cwd=tmp_path)
    assert (settings.store, is_server(settings.store), is_server(settings.database)) == (URL, True, False)


@pytest.mark.parametrize("url", ["clickhouse://host", "clickhouses://me@host:9440/x", "clickhouse://[::1]:8123/a-b_c", URL + "?secure=1"])
def test_parts_may_be_left_out(tmp_path: Path, url: str) -> None:
    assert load({"store": url}, env={}, cwd=tmp_path).store == url


def test_the_password_is_never_shown(tmp_path: Path) -> None:
    settings = load({"store": URL}, env={}, cwd=tmp_path)
    assert settings.shown("store") == "clickhouse://me:***@db.example:8123/learned"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        "clickhouse://",
        "clickhouse://me:s3cret@host:port/x",
        "clickhouse://me:s3cret@host:99999/x",
        "clickhouse://me:s3cret@host/a;DROP",
        "clickhouse://me:s3cret@host/a/b",
        "clickhouse://me:s3cret@host/a?verify=0",
        "mysql://me:s3cret@host/a",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="clickhouse://user:password@host") as caught:
        load({"store": wrong}, env={}, cwd=tmp_path)
    assert "s3cret" not in str(caught.value)
