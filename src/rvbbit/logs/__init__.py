"""What was asked, answered and decided, kept on disk: call records in, rows and pages out.

It never calls a model and never chooses an example; `docs/log.md` names every table, view and column.
"""
