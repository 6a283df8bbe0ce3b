"""One posted form of the ticket page: what it holds, who sent it, when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from config.core.actor import Actor
from tickets.models import Ticket
from tickets.services.files import MOST_FILE_BYTES, Upload

MAX_TEXT = 5000


class BadForm(Exception):
    """The posted form lacks something; its text tells the person what."""


@dataclass(frozen=True)
class Deed:
    """One posted form: on which ticket, by whom, when."""

    ticket: Ticket
    data: Any
    user: Any
    by: Actor
    now: datetime
    files: Any = None

    def text(self, name: str, complaint: str = "") -> str:
        """Return a posted text without surrounding blanks.

        :raises BadForm: it is empty although there is a complaint for that, or far too long.
        """
        value = str(self.data.get(name, "")).strip()
        if complaint and not value:
            raise BadForm(complaint)
        if len(value) > MAX_TEXT:
            raise BadForm(_("The text is too long."))
        return value

    def upload(self, name: str) -> Upload | None:
        """Return a posted file; None when none was chosen.

        :raises BadForm: it is larger than we take.
        """
        sent = (self.files or {}).get(name)
        if sent is None:
            return None
        if sent.size > MOST_FILE_BYTES:
            raise BadForm(_("A file may have 10 MiB at most."))
        return Upload(str(sent.name), sent.read())

    def moment(self, name: str) -> datetime:
        """Return a posted moment, in UTC.

        :raises BadForm: none was chosen.
        """
        try:
            found = datetime.fromisoformat(str(self.data.get(name, "")))
        except ValueError:
            raise BadForm(_("Choose a time.")) from None
        if found.tzinfo is None:
            raise BadForm(_("Choose a time."))
        return found.astimezone(UTC)

    def number(self, name: str) -> int | None:
        """Return a posted id; None when it is missing or no number."""
        value = str(self.data.get(name, ""))
        return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None  # noqa: PLR2004  (bigint)


@dataclass(frozen=True)
class Action:
    """Something that can be done.

    `stale_ok`: it cannot conflict with what somebody else did meanwhile.
    """

    run: Callable[[Deed], str]
    for_client: bool = False
    stale_ok: bool = False
