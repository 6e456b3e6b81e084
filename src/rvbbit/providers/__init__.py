"""A request → a completion. Models and the wrappers around them; no other room is known here."""
