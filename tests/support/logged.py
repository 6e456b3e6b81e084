"""The real logs of ../shared, and the operator that they teach."""

from __future__ import annotations

from pathlib import Path

LOGS = Path(__file__).parents[3] / "shared" / "data" / "llm_logs"
LOGGED = 27_365
REPLY = """
cascade_id: reply
description: Answers a prompt.
sql_function:
  name: reply
  operators: ["REPLY({{ prompt }})"]
  args: [{name: prompt, type: VARCHAR}]
  returns: VARCHAR
cells:
  - name: reply
    instructions: "{{ input.prompt }}"
    use_training: true
"""
