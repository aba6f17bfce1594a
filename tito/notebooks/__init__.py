"""Notebooks as files: read, grafted onto the released one, exported into ``tinytorch``."""
