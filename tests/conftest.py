"""Settings of all tests."""

from hypothesis import settings

# No example is held to a time: a busy machine is no mistake of the code.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
