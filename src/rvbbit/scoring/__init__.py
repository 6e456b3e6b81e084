"""What an answer is worth before anybody looked at it: scorers, what they come to together, and how far that can be believed.

It never decides anything for a person, and it never reads a database or a training set: executions come in, scores go out.
"""
