"""A class at once: prepare and record here, execute in many processes, and go on after whatever happens."""
