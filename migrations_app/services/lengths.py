"""The desk's settings for the length of calls, as a rule's value."""

from django.conf import settings

from migrations_app.rules.slots import CallLength


def call_length() -> CallLength:
    """Return how long calls are at this desk."""
    return CallLength(settings.CALL_FIXED_MINUTES, settings.CALL_MINUTES_PER_NUMBER, settings.CALL_MAX_MINUTES)
