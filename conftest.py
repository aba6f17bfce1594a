"""For all tests: an example that Hypothesis draws may take as long as a busy machine needs."""

from hypothesis import settings

settings.register_profile("anywhere", deadline=None)
settings.load_profile("anywhere")
