"""Carry a student from module to milestone, and an instructor from roster to gradebook."""

__version__ = "0.1.0"
