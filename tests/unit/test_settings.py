"""Settings: four sources, and every mistake named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rvbbit import settings
from rvbbit.errors import SettingsError
from rvbbit.packing import OFF
from rvbbit.settings import SETTINGS, Price, Rate, Settings, load


def project(tmp_path: Path, toml: str = "") -> Path:
    (tmp_path / "rvbbit.toml").write_text(toml)
    return tmp_path


def refusal(cwd: Path, env: dict[str, str] | None = None, **overrides: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load(overrides, env=env or {}, cwd=cwd)
    assert caught.value.hint
    return caught.value.message


def test_defaults_are_those_of_the_interface(tmp_path: Path) -> None:
    settings = load(env={}, cwd=tmp_path)
    assert settings == Settings(
        home=tmp_path,
        store=str(tmp_path / ".rvbbit/store.duckdb"),
        database=str(tmp_path / ".rvbbit/data.duckdb"),
        model="local:minilm",
        embed_model="local:minilm",
        judge_model="local:minilm",
        concurrency=64,
        budget_usd=None,
        pack=OFF,
        accuracy=None,
        delta=0.05,
        scoring=1.0,
        scoring_rate=None,
        scoring_budget_usd=1.0,
        token=None,
        sources={setting.name: "default" for setting in SETTINGS},
    )


def test_argument_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    cwd = project(tmp_path, 'model = "openai:file"\nconcurrency = 3')
    env = {"RVBBIT_MODEL": "openai:env"}
    assert load(env={}, cwd=cwd).model == "openai:file"
    assert load(env=env, cwd=cwd).model == "openai:env"
    settings = load({"model": "openai:argument"}, env=env, cwd=cwd)
    assert (settings.model, settings.concurrency, settings.scoring) == ("openai:argument", 3, 1.0)


@pytest.mark.parametrize("wrong", ["0", "1.5", "nan", "high"])
def test_an_accuracy_is_a_share_or_none(tmp_path: Path, wrong: str) -> None:
    assert load({"accuracy": "none"}, env={}, cwd=tmp_path).accuracy is None
    assert load({"accuracy": "0.95"}, env={}, cwd=tmp_path).accuracy == 0.95
    assert "a number above 0, up to 1" in refusal(tmp_path, accuracy=wrong)


@pytest.mark.parametrize("wrong", ["0", "0.6", "none"])
def test_a_delta_is_a_small_chance(tmp_path: Path, wrong: str) -> None:
    assert "a number above 0, up to 0.5" in refusal(tmp_path, delta=wrong)


@pytest.mark.parametrize("wrong", ["0", "-1", "nan", "often"])
def test_a_scoring_rate_is_above_0_or_none(tmp_path: Path, wrong: str) -> None:
    assert load({"scoring_rate": "none"}, env={}, cwd=tmp_path).scoring_rate is None
    assert "a number above 0" in refusal(tmp_path, scoring_rate=wrong)


def test_each_value_says_where_it_came_from(tmp_path: Path) -> None:
    cwd = project(tmp_path, "scoring = 0.5")
    settings = load({"concurrency": 2}, env={"RVBBIT_MODEL": "openai:x"}, cwd=cwd)
    sources = [settings.source(name) for name in ("concurrency", "model", "scoring", "store", "home")]
    file = str(tmp_path / "rvbbit.toml")
    assert sources == ["argument concurrency", "env RVBBIT_MODEL", file, "default", file]


def test_every_setting_can_be_given_by_each_source(tmp_path: Path) -> None:
    good = {"home": str(tmp_path), "store": "s", "database": "d", "concurrency": "2", "budget_usd": "1", "scoring": "0.2", "token": "t"}
    good |= {"scoring_rate": "0.5", "scoring_budget_usd": "none", "pack": "auto 0.95", "accuracy": "0.9", "delta": "0.1"}
    texts = {setting.name: good.get(setting.name, "a:b") for setting in SETTINGS}
    by_argument = load(texts, env={}, cwd=tmp_path)
    by_env = load(env={setting.env: texts[setting.name] for setting in SETTINGS}, cwd=tmp_path)
    by_file = load(env={}, cwd=project(tmp_path, "".join(f'{k} = "{v}"\n' for k, v in texts.items() if k != "home")))
    for name in texts:
        assert getattr(by_argument, name) == getattr(by_env, name) == getattr(by_file, name), name
        assert (by_argument.source(name), by_env.source(name)) == (f"argument {name}", f"env RVBBIT_{name.upper()}")


def test_none_and_an_empty_variable_count_as_not_given(tmp_path: Path) -> None:
    settings = load({"model": None}, env={"RVBBIT_TOKEN": "", "RVBBIT_MODEL": ""}, cwd=tmp_path)
    assert (settings.model, settings.token) == ("local:minilm", None)


def test_home_is_the_nearest_parent_with_a_file(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    project(tmp_path)
    project(tmp_path / "a", 'model = "openai:inner"')
    settings = load(env={}, cwd=inner)
    assert (settings.home, settings.model) == (tmp_path / "a", "openai:inner")


def test_a_named_home_brings_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    project(tmp_path / "here", "concurrency = 1")
    project(tmp_path / "there", "concurrency = 2")
    assert load(env={"RVBBIT_HOME": "../there"}, cwd=tmp_path / "here").concurrency == 2
    assert load({"home": tmp_path / "here"}, env={"RVBBIT_HOME": "../there"}, cwd=tmp_path).concurrency == 1


def test_paths_start_at_home_and_memory_stays_memory(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    settings = load({"store": "x/s.duckdb", "database": ":memory:"}, env={}, cwd=project(tmp_path) / "inner")
    assert (settings.store, settings.database) == (str(tmp_path / "x/s.duckdb"), ":memory:")
    assert load({"store": tmp_path / "y"}, env={}, cwd=tmp_path).store == str(tmp_path / "y")


def test_the_judge_is_the_default_model_unless_named(tmp_path: Path) -> None:
    assert load({"model": "openai:x"}, env={}, cwd=tmp_path).judge_model == "openai:x"
    assert load({"model": "openai:x", "judge_model": "openai:j"}, env={}, cwd=tmp_path).judge_model == "openai:j"


@pytest.mark.parametrize(
    ("name", "given", "held"),
    [
        ("concurrency", "8", 8),
        ("concurrency", 8, 8),
        ("budget_usd", "0.50", 0.5),
        ("budget_usd", 0, 0.0),
        ("budget_usd", "none", None),
        ("scoring", "on", 1.0),
        ("scoring", "OFF", 0.0),
        ("scoring", False, 0.0),
        ("scoring", "0.25", 0.25),
        ("model", " ollama:qwen3:8b ", "ollama:qwen3:8b"),
    ],
)
def test_values_are_typed(tmp_path: Path, name: str, given: object, held: object) -> None:
    value = getattr(load({name: given}, env={}, cwd=tmp_path), name)
    assert value == held
    assert type(value) is type(held)


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("concurrency", "many", "whole number from 1"),
        ("concurrency", 0, "whole number from 1"),
        ("concurrency", 1.5, "whole number from 1"),
        ("concurrency", True, "whole number from 1"),
        ("budget_usd", -1, "number from 0"),
        ("budget_usd", "nan", "number from 0"),
        ("budget_usd", "inf", "number from 0"),
        ("scoring", 2, "from 0 to 1"),
        ("scoring", "sometimes", "from 0 to 1"),
        ("model", "gpt-5", "`provider:model`"),
        ("model", 7, "`provider:model`"),
        ("embed_model", "openai:", "`provider:model`"),
        ("store", " ", "file path"),
        ("store", "postgres://somewhere", "file path"),
        ("home", "no/such/place", "directory that exists"),
    ],
)
def test_a_wrong_value_is_refused_with_its_source_and_what_is_allowed(tmp_path: Path, name: str, given: object, allowed: str) -> None:
    message = refusal(tmp_path, **{name: given})
    assert f"{name} (from argument {name})" in message
    assert allowed in message


def test_a_wrong_value_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    assert "env RVBBIT_CONCURRENCY" in refusal(tmp_path, {"RVBBIT_CONCURRENCY": "many"})


def test_a_value_that_is_outvoted_does_no_harm(tmp_path: Path) -> None:
    assert load({"concurrency": 2}, env={"RVBBIT_CONCURRENCY": "many"}, cwd=tmp_path).concurrency == 2


def test_an_unknown_key_in_the_file_names_the_nearest(tmp_path: Path) -> None:
    message = refusal(project(tmp_path, 'modle = "openai:x"'))
    assert message == f"{tmp_path / 'rvbbit.toml'}: key modle is not known; the nearest is model"


def test_an_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"RVBBIT_MODLE": "x"}) == "environment variable RVBBIT_MODLE is not known; the nearest is RVBBIT_MODEL"


def test_an_unknown_argument_names_the_nearest(tmp_path: Path) -> None:
    assert "argument budget is not known; the nearest is budget_usd" in refusal(tmp_path, budget=3)


def test_home_cannot_be_set_in_the_file_it_is_found_by(tmp_path: Path) -> None:
    assert "key home is not known" in refusal(project(tmp_path, 'home = "/elsewhere"'))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    cwd = project(tmp_path, 'modle = "x:y"\nscoring = 2\n[prices]\n"openai:x" = {input = 1}')
    message = refusal(cwd, {"RVBBIT_MODLE": "x", "RVBBIT_CONCURRENCY": "many"})
    assert message.startswith("5 settings cannot be used:")
    assert [word in message for word in ("key modle", "scoring", "openai:x", "RVBBIT_MODLE", "RVBBIT_CONCURRENCY")] == [True] * 5


def test_broken_toml_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(env={}, cwd=project(tmp_path, 'model = "openai:x"\nconcurrency = = 3\n'))
    assert f"{tmp_path / 'rvbbit.toml'}:2: not TOML" in caught.value.message
    assert (caught.value.line, caught.value.column) == (2, 15)


def test_toml_that_ends_too_early_still_names_the_file(tmp_path: Path) -> None:
    assert str(tmp_path / "rvbbit.toml") in refusal(project(tmp_path, 'model = "openai'))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rvbbit.toml").write_bytes(b"model = '\xff'")
    assert "cannot be read" in refusal(tmp_path)


def test_rates_are_read_by_provider_or_model(tmp_path: Path) -> None:
    cwd = project(tmp_path, '[rates]\nopenai = {requests = 500}\n"openai:my-model" = {requests = 5, tokens = 1000}')
    assert load(env={}, cwd=cwd).rates == {"openai": Rate(500), "openai:my-model": Rate(5, 1000)}


@pytest.mark.parametrize(
    "rates",
    [
        "rates = 3",
        "[rates]\nopenai = {}",
        "[rates]\nopenai = {request = 1}",
        "[rates]\nopenai = {tokens = -1}",
        "[rates]\nopenai = {requests = 0}",
    ],
)
def test_a_rate_of_another_form_is_refused_with_an_example(tmp_path: Path, rates: str) -> None:
    assert "openai = {requests = 500, tokens = 200000}" in refusal(project(tmp_path, rates))


def test_prices_are_read_per_model(tmp_path: Path) -> None:
    cwd = project(tmp_path, '[prices]\n"openai:my-model" = {input = 0.15, output = 0.60}')
    assert load(env={}, cwd=cwd).prices == {"openai:my-model": Price(0.15, 0.60)}


@pytest.mark.parametrize(
    "prices",
    [
        "prices = 3",
        '[prices]\n"openai:x" = 3',
        '[prices]\n"openai:x" = {input = 1, output = 1, putput = 2}',
        '[prices]\n"openai:x" = {input = -1, output = 1}',
        '[prices]\n"openai:x" = {input = "a lot", output = 1}',
        "[prices]\nmodel = {input = 1, output = 1}",
    ],
)
def test_a_price_of_another_form_is_refused_with_an_example(tmp_path: Path, prices: str) -> None:
    assert '"openai:my-model" = {input = 0.15, output = 0.60}' in refusal(project(tmp_path, prices))


def test_the_token_is_never_shown(tmp_path: Path) -> None:
    settings = load({"token": "s3cret"}, env={}, cwd=tmp_path)
    assert settings.token == "s3cret"
    assert "s3cret" not in f"{settings!r} {settings} {settings.shown('token')}"
    assert "token=set" in repr(settings)
    assert "s3cret" not in refusal(tmp_path, token=["s3cret"])


def test_a_password_in_an_address_is_not_repeated(tmp_path: Path) -> None:
    assert "s3cret" not in refusal(tmp_path, store="postgres://me:s3cret@host/db")


def test_there_is_no_setting_that_no_code_reads() -> None:
    """It would be believed to hold."""
    source = Path(settings.__file__).parent
    read = {
        name
        for file in source.rglob("*.py")
        if file.name != "settings.py"
        for name in re.findall(r"settings\.(\w+)", file.read_text("utf-8"))
    }
    assert {setting.name for setting in settings.SETTINGS if setting.name not in read} == set()
