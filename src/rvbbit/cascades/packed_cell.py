"""A cell whose questions go to the model several at a time: which rows share a request, how many, by which row it is checked.

Rows share a request where all that stands before the row is equal, to the letter: instructions, criterion, labels, examples. An answer is
kept under a key of its own that says how large its request was, and serves requests of that size and larger ones; what a row was answered
alone serves all. How a request is laid out and read is `pack_layout`; how it is sent and checked, `pack_request`.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rvbbit.cascades import pack_layout
from rvbbit.cascades.agreement import LADDER, Evidence, agrees, comparable, passes, sample
from rvbbit.cascades.errand import Errand
from rvbbit.cascades.flights import Flight
from rvbbit.cascades.model_cell import Found, ModelCell
from rvbbit.cascades.pack_memory import PackMemory
from rvbbit.cascades.pack_request import Check, Member, PackRequest, Report
from rvbbit.cascades.plans import CellPlan
from rvbbit.cascades.rows import NOTHING, Given, Row
from rvbbit.cascades.spec import LLMCell
from rvbbit.cascades.tally import Tally
from rvbbit.errors import Error
from rvbbit.packing import Pack
from rvbbit.types import Answer, Arguments, ExampleSet, Message, Notice, Value

RUNGS = (4, 8, 16, 32, 64)
CHARACTERS = 24_000
"""What the rows of one request may hold together: longer ones cost what they cost, together or alone."""
CHECKS = 4
"""Rows that are asked alone where no answer is known to check by."""
KNOWN = 8
"""Known rows that are used as checks, half of them at most with the same answer."""
FEWEST = 2
"""Rows that are worth a request with a check row."""


def unpackable(cell: CellPlan, errand: Errand) -> str | None:
    """Why the rows of a cascade are asked alone; None where they can be packed."""
    assert isinstance(cell.spec, LLMCell)
    if len(errand.plan.cells) > 1:
        return "it has several cells"
    if cell.spec.reduce is not None or cell.spec.numbered is not None:
        return "a row of it is a whole list"
    if cell.spec.takes is not None:
        return "it is asked several times and picks"
    if not errand.reuse or not errand.keep:
        return "its answers are not kept"
    return None if comparable(cell.spec.output_schema) else "its answers are free text, and two of those cannot be compared"


def rung(rows: int) -> int:
    """The size that keys name: the next power of two."""
    return next(size for size in RUNGS if size >= rows)


@dataclass(slots=True)
class _Group:
    """Rows that may share a request, and what they share. `checks` are used in turn."""

    shape: pack_layout.Shape
    head: tuple[Message, ...]
    examples: ExampleSet
    stable: int
    members: list[Member] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


class PackedCell(ModelCell):
    """One LLM cell in packs. Raises as ModelCell does when made."""

    def __init__(self, cell: CellPlan, errand: Errand, pack: Pack) -> None:
        super().__init__(cell, errand)
        self._pack = pack
        self._size = pack.rows or 1
        self._memory = PackMemory(errand, cell, self._model, self._fingerprint, pack.agreement)
        self._evidence: Evidence | None = None
        self._groups: dict[str, _Group] = {}
        self._requests: dict[str, PackRequest] = {}
        self._alone: dict[str, asyncio.Future[Given]] = {}
        self._reports: list[tuple[int, Report]] = []
        self._again = 0
        self._extra = Tally()

    async def ready(self) -> None:
        """Know the size, where it was measured before. Raises DatabaseError."""
        if self._pack.rows is None and self._evidence is None:
            self._evidence = await self._memory.recall()
            self._size = self._evidence.size

    # What the runner asks of any cell

    async def all_keys(self, rows: Sequence[Arguments]) -> list[Sequence[str]]:
        """For each row the key of the answer alone, then those of packed answers that may stand in for it."""
        await self.ready()
        sizes = [size for size in RUNGS if self._size > 1 and size <= rung(self._size)]
        return [[alone, *(_packed(alone, size) for size in sizes)] for (alone,) in await super().all_keys(rows)]

    def known(self, keys: Sequence[str], found: Found) -> bool:
        """Any of them will do."""
        return any(key in found for key in keys)

    def recalled(self, rows: Sequence[Sequence[str]], found: Found) -> list[Given]:
        """The first of a row's answers that was found."""
        return [next((found[key] for key in keys if key in found), NOTHING) for keys in rows]

    async def answer(self, arguments: Arguments, tally: Tally, keys: Sequence[str] | None = None, found: Found | None = None) -> Value:
        """The answer of its request, where it is in one and that gives one; else of the row alone."""
        keys = keys if keys is not None else await self.keys(arguments)
        known = found or {}
        for key in keys:
            if key in known:
                return known[key]
        request = self._requests.pop(keys[0], None)
        if request is None:
            return await self._watched(arguments, tally, keys[0], found)
        kept = next(member.kept for member in request.members if member.key == keys[0])
        assert kept is not None

        async def call(flight: Flight[Value]) -> Value:
            answers = await self._errand.tools.packs.join(str(id(request)), request.run)
            tally.take(self._extra)
            value = answers[keys[0]]
            if value is not NOTHING:
                return value  # type: ignore[return-value]
            self._again += 1
            return await self._call(arguments, tally, keys[0], 0)(flight)

        return await self._once(kept, {}, call)

    # What it does with many

    async def packs(self, chunks: AsyncIterator[Sequence[Row]]) -> AsyncIterator[list[Sequence[Row]]]:
        """The rows of every chunk, in groups that are asked at once: alone, or those of one request."""
        async for rows in chunks:
            alone = await self._sorted(rows)
            yield [[row] for row in alone]
            for group in self._groups.values():
                members, group.members = group.members, []
                if self._evidence is not None and not self._evidence.settled and members:
                    async for tried in self._trial(group, members):
                        members = members[len(tried) :]
                        yield [[member.row] for member in tried]
                yield list(self._packed(group, members))

    async def finish(self) -> None:
        """Say what went wrong with the requests, and remember what their check rows showed. Raises DatabaseError."""
        sent = [(size, report) for size, report in self._reports if report.sent]
        if not sent:
            return
        broken = sum(report.agreed is False for _, report in sent)
        rows = sum(report.kept for _, report in sent)
        if broken or self._again:
            failed = f"; {broken:,} failed their check" if broken else ""
            again = f"; {self._again:,} rows were asked alone again" if self._again else ""
            self._errand.tell(Notice(f"{self._cell.where}: {rows:,} rows packed, {len(sent):,} requests{failed}{again}", "warning"))
        if self._evidence is not None:
            for size, report in sent:
                if report.agreed is not None:
                    self._evidence = self._evidence.checked(size, agreed=report.agreed)
            await self._memory.keep(self._evidence)

    def requests(self, unknown: int) -> int:
        """How many requests so many unknown rows of one kind will take, where none must be asked alone again."""
        size, trial = self._size, 0
        if self._evidence is not None and not self._evidence.settled and unknown >= 2 * sample(self._pack.agreement):
            tried = sample(self._pack.agreement)
            trial = tried + sum(math.ceil(tried / size) for size in LADDER)
            unknown, size = unknown - tried, LADDER[-1]
        if size == 1:
            return trial + unknown
        alone = min(CHECKS, math.ceil(unknown / size))
        left = unknown - alone
        return trial + alone + (math.ceil(left / (size - 1)) if left >= FEWEST else left)

    async def _sorted(self, rows: Sequence[Row]) -> list[Row]:
        """Puts rows that can share a request into their groups; gives back the others."""
        alone: list[Row] = []
        answers: Counter[str] = Counter()
        for row in await self._caught_up(rows):
            assert row.keys is not None and row.found is not None
            flying = any(key in self._errand.tools.flights for key in row.keys)
            if not flying and not self.known(row.keys, row.found):
                await self._add(row, alone)
                continue
            alone.append(row)
            if row.keys[0] in row.found and (self._size > 1 or self._pack.rows is None) and answers.total() < KNOWN:
                answer = row.found[row.keys[0]]
                spelled = json.dumps(answer, sort_keys=True)
                if answers[spelled] < KNOWN // 2:
                    answers[spelled] += 1
                    await self._add_check(row, answer)
        return alone

    async def _caught_up(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of a chunk, with what other queries are being answered, or were since the chunk was looked up."""
        tools, landed, looked = self._errand.tools, self._errand.landed, set[str]()
        while True:
            unknown = [key for row in rows if not self.known(row.keys or (), row.found or {}) for key in row.keys or ()]
            late = [key for key in unknown if key in tools.flights or (key in landed and key not in looked)]
            if not late:
                return rows
            await tools.flights.landing(late)
            found = {**(rows[0].found or {}), **await tools.log.answers(late)}
            rows = [replace(row, found=found) for row in rows]
            looked.update(late)

    async def _add(self, row: Row, alone: list[Row]) -> None:
        placed = await self._placed(row.inputs)
        if placed is None or row.keys is None:
            alone.append(row)
            return
        group, question = placed
        group.members.append(Member(row, row.keys[0], row.inputs, question, None))

    async def _add_check(self, row: Row, answer: Value) -> None:
        placed = await self._placed(row.inputs)
        if placed is not None:
            known: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
            known.set_result(answer)
            placed[0].checks.append(Check(row.inputs, placed[1], known))

    async def _placed(self, arguments: Arguments) -> tuple[_Group, str] | None:
        """The group of a row and its question; None where it must be asked alone."""
        prompt, output = self._cell.prompt, self._cell.output
        assert prompt is not None and output is not None
        examples = await self._learning.select(arguments)
        if examples.version != await self._learning.version(arguments):
            return None  # a decision arrived meanwhile
        state = self._state(0)
        try:
            head, schema = prompt.head(arguments, examples.examples, state), output.schema(arguments)
            question = prompt.question(arguments, state)
        except Error:
            return None  # alone, it says what is wrong
        ids = [example.trace_id for example in examples.examples]
        key = json.dumps([head.content, schema, ids])
        if key not in self._groups:
            shown = [(prompt.question(one.arguments, state), one.answer) for one in examples.examples] if prompt.format == "chat" else []
            shape = pack_layout.Shape.of([question, *(asked for asked, _ in shown)])
            turns = pack_layout.turns(shape, shown)
            system = Message("system", f"{head.content}\n\n{shape.rule}")
            stable = (system, *turns) if examples.stable == len(examples.examples) else (system,) * (prompt.format == "chat")
            self._groups[key] = _Group(shape, (system, *turns), examples, len(stable))
        return self._groups[key], question

    def _packed(self, group: _Group, members: Sequence[Member]) -> Iterator[Sequence[Row]]:
        """The rows of one request, again and again; those without one stand alone."""
        if self._size == 1 or not members:
            yield from ([member.row] for member in members)
            return
        if not group.checks:
            first = min(CHECKS, math.ceil(len(members) / self._size))
            for member in members[:first]:
                group.checks.append(self._to_be_known(member))
                yield [member.row]
            members = members[first:]
        for number, some in enumerate(_portions(members, self._size - 1)):
            if len(some) < FEWEST:
                yield from ([member.row] for member in some)
                continue
            kept = [replace(member, kept=_packed(member.key, rung(self._size))) for member in some]
            request = self._request(group, kept, group.checks[number % len(group.checks)])
            self._requests.update((member.key, request) for member in kept)
            yield [member.row for member in kept]

    def _request(self, group: _Group, members: Sequence[Member], check: Check | None) -> PackRequest:
        assert self._cell.output is not None
        asking = self._asking(self._cell.output, members[0].arguments, group.head, members[0].key, Tally())
        asking = replace(asking, examples=group.examples, stable=group.stable)
        request = PackRequest(asking, group.shape, group.head, tuple(members), check, trial=check is None)
        self._reports.append((self._size, request.report))
        return request

    # Rows asked alone whose answers others wait for

    def _to_be_known(self, member: Member) -> Check:
        future = self._alone[member.key] = asyncio.get_running_loop().create_future()
        return Check(member.arguments, member.question, future)

    async def _watched(self, arguments: Arguments, tally: Tally, key: str, found: Found | None) -> Value:
        future = self._alone.get(key)
        value: Given = NOTHING
        try:
            answer = value = await self._take(arguments, tally, key, 0, {} if found is not None else None)
        except Error:
            if self._errand.context.on_error == "raise":  # nothing new is begun: those that wait for a row must not wait for ever
                _resolve(self._alone.values(), NOTHING)
            raise
        finally:
            _resolve([future] if future else [], value)
        tally.take(self._extra)
        return answer

    # How large a request may be

    async def _trial(self, group: _Group, members: Sequence[Member]) -> AsyncIterator[Sequence[Member]]:
        """Gives out rows to be asked alone, then asks the same packed, in growing sizes, until one does not agree."""
        tried = members[: sample(self._pack.agreement)]
        if len(members) < 2 * len(tried):
            return
        checks = [self._to_be_known(member) for member in tried]
        yield tried
        answers = [await check.answer for check in checks]
        if NOTHING in answers:
            return
        evidence = Evidence(self._pack.agreement)
        try:
            for size in LADDER:
                agreed = sum(map(_agree, answers, await self._tried(group, tried, size)))
                evidence = evidence.tried(size, agreed, len(tried))
                if not passes(agreed, len(tried), self._pack.agreement):
                    break
        except Error:
            self._errand.tell(Answer(None, usage=self._extra.usage, error="it was a trial", calls=self._extra.calls))
            raise
        await self._memory.keep(evidence)
        self._evidence, self._size = evidence, evidence.size
        counts = ", ".join(f"{agreed} of {asked} at {size}" for size, (agreed, asked) in evidence.trials.items())
        chosen = f"{self._size} rows a request" if self._size > 1 else "rows are asked alone"
        self._errand.tell(Notice(f"{self._cell.where} answers as alone: {counts}; {chosen}"))
        group.checks.extend(checks[:KNOWN])

    async def _tried(self, group: _Group, members: Sequence[Member], size: int) -> list[Given]:
        """The members' answers in requests of a size, in order; NOTHING where there is none."""
        requests = [self._request(group, some, None) for some in _portions(members, size)]
        packs = self._errand.tools.packs
        replies = await asyncio.gather(*(packs.join(str(id(one)), one.run) for one in requests), return_exceptions=True)
        found: dict[str, Given] = {}
        for request in requests:
            if request.report.sent:
                self._extra.add(request.report.usage)
            request.report.sent = False  # the notice is about rows that had to be answered
        for reply in replies:
            if isinstance(reply, BaseException):
                raise reply
            found.update(reply)
        return [found[member.key] for member in members]


def _resolve(futures: Iterable[asyncio.Future[Given]], value: Given) -> None:
    for future in futures:
        if not future.done():
            future.set_result(value)


def _agree(alone: Given, packed: Given) -> bool:
    return packed is not NOTHING and agrees(alone, packed)  # type: ignore[arg-type]


def _packed(alone: str, size: int) -> str:
    return f"{alone}/{size}"


def _portions(members: Sequence[Member], most: int) -> Iterator[Sequence[Member]]:
    """Members in equal portions, none with more than `most` of them or more text than a request may hold."""
    if not members:
        return
    each = math.ceil(len(members) / math.ceil(len(members) / most))
    portion: list[Member] = []
    held = 0
    for member in members:
        if portion and (len(portion) == each or held + len(member.question) > CHARACTERS):
            yield portion
            portion, held = [], 0
        portion.append(member)
        held += len(member.question)
    yield portion
