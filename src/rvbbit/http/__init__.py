"""The HTTP face: a thin layer of routes over the engine. It never talks to another room."""
