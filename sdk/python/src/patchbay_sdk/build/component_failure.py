"""A mistake in the sources of a policy."""


class BuildFailure(Exception):
    """Why there is no component; the text says what to change."""
