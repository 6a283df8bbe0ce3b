"""The signed link in every reminder by which its reader stops reminders: nothing of it can be guessed or read."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from config.core.errors import NotFound
from migrations_app.models import Mailbox
from migrations_app.services.rendering import known_language

_SALT = "portero.nudges"


@dataclass(frozen=True)
class NudgeLink:
    """What a link stands for: an address, the organizations whose tickets it is reminded of, a language for the page."""

    address: str
    organizations: tuple[int, ...]
    language: str


def token_for(mailbox: Mailbox, organizations: Iterable[int], language: str) -> str:
    """Return the token: numbers of rows and a language, with a 256-bit signature. The address does not stand in it."""
    ids = "-".join(str(number) for number in sorted(set(organizations)))
    return Signer(salt=_SALT, sep="~").sign(f"{mailbox.pk}.{ids}.{language}")


def address_of(token: str) -> str:
    """Return the public address of a token's page."""
    return f"{settings.PORTERO_BASE_URL}{reverse('nudges', args=[token])}"


def read_token(token: str) -> NudgeLink:
    """Return what a token stands for.

    :raises NotFound: we have not signed it.
    """
    try:
        mailbox, organizations, language = Signer(salt=_SALT, sep="~").unsign(token).split(".")
    except BadSignature:
        raise NotFound from None
    found = Mailbox.objects.filter(pk=int(mailbox)).first()
    if found is None:
        raise NotFound
    return NudgeLink(found.address, tuple(int(number) for number in organizations.split("-")), language)


@dataclass(frozen=True)
class WayOut:
    """What a reminder carries for its reader and for mail programs."""

    footer: str
    headers: tuple[tuple[str, str], ...]


def way_out(mailbox: Mailbox, organizations: Iterable[int], language: str) -> WayOut:
    """Return the words with the link, and the headers of RFC 8058."""
    address = address_of(token_for(mailbox, organizations, language))
    with translation.override(known_language(language)):
        words = gettext("No more reminders? Your tickets stay as they are: %(link)s") % {"link": address}
    return WayOut(
        f"\n-- \n{words}\n",
        (("List-Unsubscribe", f"<{address}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")),
    )
