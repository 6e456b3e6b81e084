"""RVBBIT: semantic SQL that learns."""
