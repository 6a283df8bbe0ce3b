"""The base model, and the constraint that keeps a column inside its list of words."""

from enum import Enum

from django.db import models
from django.db.models import CheckConstraint, Q


class TimestampedModel(models.Model):
    """A row that knows when it was made and last changed. For people: nothing is decided by these columns."""

    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        """Abstract base."""

        abstract = True


def in_list(field: str, words: type[Enum], *, name: str) -> CheckConstraint:
    """Return the check that `field` holds one of the enum's values, so that no code path can write another word."""
    return CheckConstraint(condition=Q(**{f"{field}__in": [word.value for word in words]}), name=name)


def both_or_neither(first: str, second: str, *, name: str) -> CheckConstraint:
    """Return the check that two columns are both set or both null."""
    both = Q(**{f"{first}__isnull": False, f"{second}__isnull": False})
    neither = Q(**{f"{first}__isnull": True, f"{second}__isnull": True})
    return CheckConstraint(condition=both | neither, name=name)
