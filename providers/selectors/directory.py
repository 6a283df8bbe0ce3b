"""Reading the BSP directory."""

from django.db.models import QuerySet

from providers.enums import AcceptsRequestFrom
from providers.models import Bsp
from providers.rules.names import plain_name


def directory() -> QuerySet[Bsp]:
    """Return all BSPs by slug."""
    return Bsp.objects.order_by("slug")


def bsp_named(text: str) -> Bsp | None:
    """Return the BSP with this slug, name or alias, ignoring case, accents and surrounding blanks."""
    wanted = plain_name(text)
    if not wanted:
        return None
    # A directory of some dozens: comparing in Python treats SQLite and PostgreSQL alike.
    for bsp in Bsp.objects.all():
        if wanted in bsp.match_names:
            return bsp
    return None


def address_for_partner(bsp: Bsp | None) -> str:
    """Return the address at which a BSP takes requests from a partner like us; empty where it does not or none is known."""
    if bsp is None or bsp.accepts_request_from != AcceptsRequestFrom.CLIENT_OR_PARTNER:
        return ""
    return bsp.contact_email
