"""Kombu's filesystem transport with one change: a message becomes visible when it is whole.

Kombu opens the file under its final name and then writes; a reader in between finds an empty file, loses the message and
takes the worker down with it (kombu#1551). Here the file is written aside and renamed, which is atomic.
"""

import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """A channel whose messages appear whole."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]  # as kombu itself
        """Put a message onto a queue.

        :raises ChannelError: the folder cannot be written.
        """
        whole = Path(self.data_folder_out) / f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        aside = whole.with_name(f"{whole.name}.part")
        try:
            aside.write_text(dumps(payload), encoding="utf-8")
            aside.rename(whole)
        except OSError as error:
            msg = f"Cannot add {whole.name} to the spool."
            raise ChannelError(msg) from error


class Transport(filesystem.Transport):
    """The filesystem transport with these channels."""

    Channel = Channel


def take_over() -> None:
    """Let `filesystem://` mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = "config.core.spool:Transport"
