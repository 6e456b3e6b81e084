"""The least a client can do: `python -m bench.bare SCENARIO REQUESTS` posts each line of the file with a bare aiohttp
loop and parses the answers.

No SQL, no cache, no log, no retries but a second post after a 5xx. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp
from bench.measure import CONCURRENCY, forget, measured


async def ask(bodies: list[dict[str, Any]], url: str, concurrency: int) -> list[Any]:
    """The answers' texts, in no order."""
    waiting, answers = iter(bodies), []
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=concurrency)) as session:

        async def work() -> None:
            for body in waiting:
                answer: dict[str, Any] = {}
                while "choices" not in answer:
                    async with session.post(url, json=body) as response:
                        answer = await response.json()
                answers.append(answer["choices"][0]["message"]["content"])

        await asyncio.gather(*(work() for _ in range(concurrency)))
    return answers


def main() -> None:
    """Measure the file that was named."""
    bodies = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines()]
    url = f"{os.environ['OPENAI_BASE_URL']}/chat/completions"
    asyncio.run(ask(bodies[:1], url, 1))  # the first post of a process loads code
    forget()
    answers, took = measured(lambda: asyncio.run(ask(bodies, url, CONCURRENCY)))
    assert len(answers) == len(bodies)
    print(json.dumps(asdict(took)))


if __name__ == "__main__":
    main()
