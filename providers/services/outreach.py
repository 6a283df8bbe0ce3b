"""Sending one message that has been claimed: no transaction is open while it leaves."""

from dataclasses import dataclass

from providers.channels.base import ChannelRefused, OutcomeUnknown
from providers.channels.registry import channel_named
from providers.enums import ExchangeState
from providers.types import OutboundMessage


@dataclass(frozen=True)
class Outcome:
    """What became of a message. `permanent` failures are not tried again."""

    state: ExchangeState
    message_id: str = ""
    reason: str = ""
    permanent: bool = False


def send(message: OutboundMessage, *, channel: str) -> Outcome:
    """Send the message and say what became of it; never raises for a channel's failure."""
    try:
        receipt = channel_named(channel).send(message)
    except ChannelRefused as refusal:
        return Outcome(ExchangeState.FAILED, reason=refusal.reason, permanent=refusal.permanent)
    except OutcomeUnknown as doubt:
        return Outcome(ExchangeState.UNKNOWN, reason=doubt.reason)
    return Outcome(ExchangeState.SENT, message_id=receipt.message_id)
