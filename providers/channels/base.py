"""What every channel offers. A channel sends one message and says truthfully what became of it."""

from typing import Protocol

from providers.types import OutboundMessage, Receipt


class ChannelRefused(Exception):
    """The message was certainly not accepted. `permanent`: trying again cannot help. `reason` is a code."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent


class OutcomeUnknown(Exception):
    """The line broke after the message had left: it may have arrived. Nothing may resend it blindly."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """A way to reach somebody."""

    def send(self, message: OutboundMessage) -> Receipt:
        """Send the message and return the receipt.

        :raises ChannelRefused: it was certainly not accepted.
        :raises OutcomeUnknown: nobody can tell.
        """
