"""Reading the exchange log."""

from datetime import datetime

from providers.models import Exchange


def attempts_since(*, subject_key: str, purpose: str, since: datetime) -> int:
    """Return how many calls of one purpose were begun for a subject since a moment, whatever became of them."""
    return Exchange.objects.filter(subject_key=subject_key, purpose=purpose, created_at__gte=since).count()
