"""Certificates: written for what was measured, and checked offline."""
