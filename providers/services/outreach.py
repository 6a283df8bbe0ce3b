"""Sending one message that has been claimed: no transaction is open while it leaves."""

from dataclasses import dataclass, replace

from providers.channels.base import GONE, ChannelRefused, OutcomeUnknown
from providers.channels.registry import channel_named
from providers.enums import ExchangeState
from providers.services.endpoints import opened
from providers.types import Capabilities, OutboundMessage


@dataclass(frozen=True)
class Outcome:
    """What became of a message. `permanent` failures are not tried again by the same way.

    `provider_id` is the name that a mail provider gave the message; `retry_after` are the seconds the other side asks for.
    """

    state: ExchangeState
    provider_id: str = ""
    reason: str = ""
    permanent: bool = False
    retry_after: int = 0

    @property
    def gone(self) -> bool:
        """Tell whether the other side says that nobody listens at this address any more."""
        return self.reason == GONE


def capabilities_of(channel: str) -> Capabilities:
    """Return what the channel of that name can do.

    :raises KeyError: there is none.
    """
    return channel_named(channel).capabilities


def send(message: OutboundMessage, *, channel: str) -> Outcome:
    """Send the message and say what became of it; never raises for a channel's failure.

    Nothing of a test ticket leaves the house: that it is on record is all there is.
    """
    if message.test:
        return Outcome(ExchangeState.SENT)
    if message.endpoint_id is not None:
        message = replace(message, endpoint=opened(message.endpoint_id, at=message.at))
    try:
        receipt = channel_named(channel).send(message)
    except ChannelRefused as refusal:
        return Outcome(
            ExchangeState.FAILED,
            reason=refusal.reason,
            permanent=refusal.permanent,
            retry_after=refusal.retry_after,
        )
    except OutcomeUnknown as doubt:
        return Outcome(ExchangeState.UNKNOWN, reason=doubt.reason)
    return Outcome(ExchangeState.SENT, provider_id=receipt.provider_id)
