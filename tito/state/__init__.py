"""What a student has done, as it stands in ``~/.tinytorch``: read, checked, changed, repaired."""
