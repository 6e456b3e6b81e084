"""The one table of settings, and how their values are found: argument, then `RVBBIT_*`, then `rvbbit.toml`, then the default.

CLI flags, environment names and docs/settings.md are made from `SETTINGS`. Reads `rvbbit.toml` and what it is handed; never opens a
store, never reads the real environment, never shows a secret.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from rvbbit import packing, targets
from rvbbit.errors import SettingsError
from rvbbit.packing import Pack

T = TypeVar("T")

FILE = "rvbbit.toml"
MEMORY = ":memory:"
_SERVERS = ("clickhouse", "clickhouses")


class _Wrong(ValueError):
    """A value its kind does not allow."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Wrong
    return value.strip()


def _directory(value: object) -> Path:
    return Path(value if isinstance(value, Path) else _text(value)).expanduser()


def _database(value: object) -> str:
    text = str(value) if isinstance(value, Path) else _text(value)
    if "://" in text:
        raise _Wrong
    return text


def is_server(store: str) -> bool:
    """Whether a store is on a server: a URL and no file."""
    return "://" in store


def _store(value: object) -> str:
    text = str(value) if isinstance(value, Path) else _text(value)
    if not is_server(text):
        return text
    try:
        parts = urlsplit(text)
        usable = parts.scheme in _SERVERS and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError as error:  # a port that is none
        raise _Wrong from error
    if not usable or not re.fullmatch(r"/?([A-Za-z_][A-Za-z0-9_-]*)?", parts.path) or not set(parse_qs(parts.query)) <= {"secure"}:
        raise _Wrong
    return text


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    who, at, where = parts.netloc.rpartition("@")
    user, colon, _ = who.partition(":")
    return parts._replace(netloc=f"{user}{colon}{'***' if colon else ''}{at}{where}").geturl()


def _model(value: object) -> str:
    provider, colon, model = _text(value).partition(":")
    if not (provider and colon and model):
        raise _Wrong
    return f"{provider}:{model}"


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _Wrong
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise _Wrong from error
    if not math.isfinite(number):
        raise _Wrong
    return number


def _count(value: object) -> int:
    number = _number(value)
    if number != int(number) or number < 1:
        raise _Wrong
    return int(number)


def _usd(value: object) -> float | None:
    if isinstance(value, str) and value.strip().lower() == "none":
        return None
    number = _number(value)
    if number < 0:
        raise _Wrong
    return number


def _pace(value: object) -> float | None:
    number = _usd(value)
    if number == 0:
        raise _Wrong
    return number


def _rate(value: object) -> float:
    words = {"on": 1.0, "true": 1.0, "off": 0.0, "false": 0.0}
    if (word := str(value).strip().lower()) in words:
        return words[word]
    number = _number(value)
    if not 0 <= number <= 1:
        raise _Wrong
    return number


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of setting. `allowed` is what documents and errors say; `parse` takes text or a TOML value."""

    allowed: str
    parse: Callable[[object], Any]
    secret: bool = False


DIRECTORY = Kind("a directory that exists", _directory)
DATABASE = Kind("a file path or `:memory:`", _database)
STORE = Kind("a file path, `:memory:` or `clickhouse://user:password@host:port/database`", _store)
MODEL = Kind("`provider:model`, such as `local:minilm`", _model)
COUNT = Kind("a whole number from 1", _count)
USD = Kind("a number from 0, or `none`", _usd)
PACE = Kind("a number above 0, or `none`", _pace)
SHARE = Kind("a number above 0, up to 1, or `none`", targets.share)
CHANCE = Kind("a number above 0, up to 0.5", targets.chance)
RATE = Kind("`on`, `off`, or a number from 0 to 1", _rate)
PACK = Kind(packing.ALLOWED, lambda value: packing.parse(str(value)))
SECRET = Kind("text", _text, secret=True)


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `default` None means that `otherwise` says in words what holds."""

    name: str
    kind: Kind
    default: str | float | None
    unit: str
    help: str
    otherwise: str = "none"

    @property
    def env(self) -> str:
        """`RVBBIT_BUDGET_USD`"""
        return f"RVBBIT_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """`--budget`: the unit is the flag's argument, not part of its name."""
        return f"--{self.name.removesuffix('_usd').replace('_', '-')}"


_HOME = Setting("home", DIRECTORY, None, "", "The project.", f"nearest parent with `{FILE}`, else the working directory")

SETTINGS: tuple[Setting, ...] = (
    _HOME,
    Setting("store", STORE, ".rvbbit/store.duckdb", "", "Where calls, decisions and training sets are kept."),
    Setting("database", DATABASE, ".rvbbit/data.duckdb", "", "Your own tables."),
    Setting("model", MODEL, "local:minilm", "", "The model that answers where a cascade names none."),
    Setting("embed_model", MODEL, "local:minilm", "", "The model that turns text into vectors."),
    Setting("judge_model", MODEL, None, "", "The model of the confidence judge.", "the value of `model`"),
    Setting("concurrency", COUNT, 64, "calls", "Model calls in flight at most."),
    Setting("budget_usd", USD, None, "USD", "Hard ceiling for what one query may cost."),
    Setting("pack", PACK, "off", "rows", "How many rows one request may carry."),
    Setting("accuracy", SHARE, None, "share of answers", "What share of a student's answers must be the model's, for it to stand in."),
    Setting("delta", CHANCE, 0.05, "chance", "How likely a target (`accuracy`, `precision`, `recall`) may be missed."),
    Setting("scoring", RATE, "on", "share of calls", "Which share of the calls a server scores by itself, in the background."),
    Setting("scoring_rate", PACE, None, "executions a minute", "How many executions a server scores in the background at most."),
    Setting("scoring_budget_usd", USD, 1, "USD a day", "What the judge may cost in the background on one day (UTC)."),
    Setting("token", SECRET, None, "", "Bearer token of the HTTP API; needed to bind anything but loopback."),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in USD per million tokens."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Rate:
    """What a provider's account may do in a minute; None is no limit."""

    requests: float | None = None
    tokens: float | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The values that hold. Paths are absolute; `scoring` is a share of calls (`on` is 1.0); `budget_usd` None is no ceiling.

    `prices` are for models whose price is not known otherwise, keyed `provider:model`; `rates` are keyed so too, or by `provider` alone.
    """

    home: Path
    store: str
    database: str
    model: str
    embed_model: str
    judge_model: str
    concurrency: int
    budget_usd: float | None
    pack: Pack
    accuracy: float | None
    delta: float
    scoring: float
    scoring_rate: float | None
    scoring_budget_usd: float | None
    token: str | None
    prices: Mapping[str, Price] = field(default_factory=dict)
    rates: Mapping[str, Rate] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def source(self, name: str) -> str:
        """Where a value came from: `argument model`, `env RVBBIT_MODEL`, `/project/rvbbit.toml` or `default`."""
        return self.sources[name]

    def shown(self, name: str) -> str:
        """A value as a person may see it: secrets only as set or not."""
        value = getattr(self, name)
        if value is None:
            return "none"
        if _BY_NAME[name].kind is STORE and is_server(value):
            return _without_password(value)
        return "set" if _BY_NAME[name].kind.secret else str(value)

    def all_shown(self) -> dict[str, str]:
        """Every value as a person may see it."""
        return {setting.name: self.shown(setting.name) for setting in SETTINGS}

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value}' for name, value in self.all_shown().items())})"


def _amounts(row: object, names: set[str]) -> dict[str, float]:
    if not isinstance(row, dict) or not set(row) <= names:
        raise _Wrong
    amounts = {name: _number(value) for name, value in row.items()}
    if min(amounts.values(), default=-1.0) < 0:
        raise _Wrong
    return amounts


def _price(row: object) -> Price:
    amounts = _amounts(row, {"input", "output"})
    if len(amounts) < 2:
        raise _Wrong
    return Price(**amounts)


def _rate_row(row: object) -> Rate:
    amounts = _amounts(row, {"requests", "tokens"})
    if 0 in amounts.values():  # nothing could ever be asked
        raise _Wrong
    return Rate(**amounts)


def _provider(value: object) -> str:
    return _model(value) if ":" in str(value) else _text(value)


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """A table of rvbbit.toml with a row a model. `example` and `unit` are what errors show."""

    name: str
    key: Callable[[object], str]
    row: Callable[[object], T]
    example: str
    unit: str


PRICES = Table("prices", _model, _price, '"openai:my-model" = {input = 0.15, output = 0.60}', "USD per million tokens")
RATES = Table("rates", _provider, _rate_row, "openai = {requests = 500, tokens = 200000}", "a minute")


def load(overrides: Mapping[str, object] = MappingProxyType({}), *, env: Mapping[str, str], cwd: Path) -> Settings:
    """The settings that hold for `cwd`. Overrides that are None and variables that are empty count as not given.

    Relative paths start at home. Raises SettingsError naming every problem there is.
    """
    reader = _Reader()
    given = {name: (value, f"argument {name}") for name, value in overrides.items() if value is not None}
    reader.refuse_unknown(given, _BY_NAME, "argument ")
    variables = {name: value for name, value in env.items() if name.startswith("RVBBIT_") and value}
    reader.refuse_unknown(variables, [setting.env for setting in SETTINGS], "environment variable ")
    given = {s.name: (variables[s.env], f"env {s.env}") for s in SETTINGS if s.env in variables} | given

    home, home_source = reader.home(given, cwd)
    file = home / FILE
    document = reader.document(file)
    prices = reader.table(file, PRICES, document.pop("prices", {}))
    rates = reader.table(file, RATES, document.pop("rates", {}))
    reader.refuse_unknown(document, [s.name for s in SETTINGS if s is not _HOME], f"{file}: key ")
    given = {name: (value, str(file)) for name, value in document.items()} | given

    found = {setting.name: reader.value(setting, given) for setting in SETTINGS if setting is not _HOME}
    reader.raise_problems()
    values: dict[str, Any] = {
        name: _at(home, value) if _BY_NAME[name].kind in (DATABASE, STORE) else value for name, (value, _) in found.items()
    }
    values["judge_model"] = values["judge_model"] or values["model"]
    sources = {"home": home_source} | {name: source for name, (_, source) in found.items()}
    return Settings(home=home, **values, prices=prices, rates=rates, sources=MappingProxyType(sources))


def _at(home: Path, database: str) -> str:
    return database if database == MEMORY or is_server(database) else str((home / Path(database).expanduser()).resolve())


class _Reader:
    """Reads the sources and collects what is wrong with them, so that all of it can be told at once."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def raise_problems(self) -> None:
        if not self.problems:
            return
        several = len(self.problems) > 1
        message = "\n".join([f"{len(self.problems)} settings cannot be used:", *(f"- {p}" for p in self.problems)])
        raise SettingsError(message if several else self.problems[0], hint="docs/settings.md lists every setting and what it takes")

    def refuse_unknown(self, names: Iterable[str], known: Iterable[str], what: str) -> None:
        known = list(known)
        for name in names:
            if name not in known:
                nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
                self.problems.append(f"{what}{name} is not known; the nearest is {nearest}")

    def value(self, setting: Setting, given: Mapping[str, tuple[object, str]]) -> tuple[Any, str]:
        """The parsed value and its source; the default stands in where the value is wrong, and a problem is noted."""
        if setting.name in given:
            value, source = given[setting.name]
            try:
                return setting.kind.parse(value), source
            except ValueError:
                shown = "the value" if setting.kind.secret or "://" in str(value) else repr(value)
                self.problems.append(f"{setting.name} (from {source}): {shown} is not {setting.kind.allowed}")
        return (None if setting.default is None else setting.kind.parse(setting.default)), "default"

    def home(self, given: Mapping[str, tuple[object, str]], cwd: Path) -> tuple[Path, str]:
        value, source = self.value(_HOME, given)
        if value is None:
            nearest = next((parent for parent in (cwd, *cwd.parents) if (parent / FILE).is_file()), None)
            return (nearest or cwd).resolve(), str(nearest / FILE) if nearest else "default"
        home = (cwd / value).resolve()
        if not home.is_dir():
            self.problems.append(f"home (from {source}): {str(home)!r} is not {DIRECTORY.allowed}; `rvbbit init` makes a project")
        return home, source

    def document(self, file: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(file.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"at line (\d+), column (\d+)", str(error))
            line, column = (int(place[1]), int(place[2])) if place else (None, None)
            where = f"{file}:{line}" if line else str(file)
            raise SettingsError(f"{where}: not TOML: {error}", hint="mend that line", line=line, column=column) from error
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file} cannot be read: {error}", hint="it must be a readable text file in UTF-8") from error

    def table(self, file: Path, kind: Table[T], table: object) -> Mapping[str, T]:
        """A `[table]` of rows by model; what is wrong with a row becomes a problem."""
        rows = table.items() if isinstance(table, dict) else [("", table)]
        read = {}
        for name, row in rows:
            try:
                read[kind.key(name)] = kind.row(row)
            except _Wrong:
                self.problems.append(f"{file}: {kind.name}: {name or table!r} is not like {kind.example}, in {kind.unit}")
        return MappingProxyType(read)
