"""`manage.py fetch_mail`: take in waiting mail now, from a folder or from the configured mailbox."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import clock
from config.core.actor import OPERATOR
from migrations_app.services.fetching import Fetched, fetch_imap, fetch_maildir
from migrations_app.services.mail_filing import process


class Command(BaseCommand):
    """Fetches mail once. Running it again, or twice at a time, takes nothing twice."""

    help = "Takes in waiting mail: from --maildir, else from IMAP_URL, else from INBOUND_MAILDIR."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--maildir", help="a folder in the Maildir form, instead of what is configured")

    def handle(self, *_args: Any, maildir: str | None = None, **_options: Any) -> None:
        """Fetch and file.

        :raises CommandError: nothing is configured, or the mailbox cannot be read.
        """
        fetched = self._fetch(maildir)
        for mail_id in fetched.mails:
            process(mail_id=mail_id, by=OPERATOR, now=clock.now())
        self.stdout.write(f"{len(fetched.mails)} mail(s) taken in.")
        if fetched.trouble:
            msg = f"The mailbox could not be read to its end: {fetched.trouble}."
            raise CommandError(msg)

    def _fetch(self, maildir: str | None) -> Fetched:
        if not maildir and settings.IMAP_URL:
            return fetch_imap(url=settings.IMAP_URL, by=OPERATOR, now=clock.now())
        folder = maildir or settings.INBOUND_MAILDIR
        if not folder:
            raise CommandError("No mailbox is configured. Set IMAP_URL or INBOUND_MAILDIR, or give --maildir PATH.")
        return fetch_maildir(folder=Path(folder), by=OPERATOR, now=clock.now())
