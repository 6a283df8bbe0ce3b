"""What every channel offers. A channel sends one message and says truthfully what became of it."""

from typing import ClassVar, Protocol

from providers.types import Capabilities, OutboundMessage, Receipt

GONE = "gone"
"""The reason of a refusal that says: nobody listens at this address any more, never come back."""


class ChannelRefused(Exception):
    """The message was certainly not accepted. `permanent`: trying again cannot help. `reason` is a code.

    `retry_after`: seconds after which the other side asked us to come back; 0 where it said nothing.
    """

    def __init__(self, reason: str, *, permanent: bool, retry_after: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.permanent, self.retry_after = reason, permanent, retry_after


class OutcomeUnknown(Exception):
    """The line broke after the message had left: it may have arrived. Nothing may resend it blindly."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """A way to reach somebody."""

    capabilities: ClassVar[Capabilities]

    def send(self, message: OutboundMessage) -> Receipt:
        """Send the message and return the receipt.

        :raises ChannelRefused: it was certainly not accepted.
        :raises OutcomeUnknown: nobody can tell.
        """
