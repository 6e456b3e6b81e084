"""Every family of remote providers, its fake server and a registry that knows it: a family joins by a line in FAMILIES."""

from __future__ import annotations

import pytest

from rvbbit.providers.registry import Registry
from rvbbit.providers.retrying import Patience
from rvbbit.testing import FakeServer
from support.families import FAMILIES, KEY, no_sleep


@pytest.fixture(params=FAMILIES, ids=str)
def family(request):
    return FAMILIES[request.param]


@pytest.fixture
def server(family):
    options = {"key": KEY} if family.fake is FakeServer else {}
    with family.fake(models=(family.model.partition(":")[2],), **options) as server:
        yield server


@pytest.fixture
async def registry(family, server, monkeypatch):
    monkeypatch.setenv(family.base_env, family.env(server)[family.base_env])  # pydantic-ai reads addresses from the real environment
    registry = Registry(env=family.env(server), concurrency=8, patience=Patience(attempts=1, sleep=no_sleep))
    yield registry
    await registry.close()
