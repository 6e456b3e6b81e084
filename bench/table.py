"""What was measured, as one Markdown table: a line for each scenario and system, each figure beside its ideal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.scenarios import BY_NAME, Scenario

HEAD = ("", "system", "calls", "goal", "tokens", "texts'", "wall s", "÷ ideal", "accuracy", "CPU s", "ms a call", "÷ bare", "MB")


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Scenarios in order; the first line of each says what it asks. Below, why some have no figures."""
    rows, lacking = [], []
    for name, systems in found.items():
        scenario = BY_NAME[name]
        for place, (system, figures) in enumerate(systems.items()):
            says = f"{name}: {scenario.says}" if place == 0 else ""
            rows.append([says, system, *line(scenario, system, figures, systems.get("bare"))])
            if "absent" in figures:
                lacking.append(f"- {name}, {system}: {figures['absent'].rstrip('.')}.")
    return "\n".join([markdown(HEAD, rows), "", *(["Not measured:", "", *lacking, ""] if lacking else [])]) + "\n"


def line(scenario: Scenario, system: str, found: Mapping[str, Any], bare: Mapping[str, Any] | None) -> list[str]:
    """One system's figures; – where there is nothing to say."""
    if "absent" in found:
        return ["–"] * (len(HEAD) - 2)
    calls, cpu = found["requests"], found["cpu"]
    right = found.get("accuracy")
    return [
        f"{calls:,.0f}",
        f"{scenario.goal:,}",
        f"{found['tokens']:,.0f}",
        f"{scenario.texts:,}" if scenario.texts else "–",
        f"{found['wall']:.2f}",
        f"{found['wall'] / scenario.ideal:.2f}" if scenario.ideal else "–",
        "–" if right is None else f"{right:.3f}",
        f"{cpu:.2f}",
        f"{1000 * cpu / calls:.2f}" if calls else "–",
        f"{cpu / bare['cpu']:.1f}" if bare and system != "bare" else "–",
        f"{found['rss']:.0f}",
    ]


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """So that it can be pasted."""
    widths = [max(len(line[place]) for line in (head, *rows)) for place in range(len(head))]
    lines = (head, ["-" * width for width in widths], *rows)
    return "\n".join(f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines)
