"""Keys for those who look after them: by prefix or by organization, never by what is secret."""

from django.db.models import QuerySet

from config.core.errors import NotFound
from tickets.models import ApiKey


def key_by_prefix(prefix: str) -> ApiKey:
    """Return the key with this readable prefix.

    :raises NotFound: there is none.
    """
    found = ApiKey.objects.select_related("organization").filter(prefix=prefix.rstrip("…")).first()
    if found is None:
        raise NotFound
    return found


def keys_of(organization: str | None) -> QuerySet[ApiKey]:
    """Return the keys of the organization with this name, or of all, newest last."""
    rows = ApiKey.objects.select_related("organization", "successor").order_by("organization__name", "id")
    return rows if organization is None else rows.filter(organization__name=organization)
