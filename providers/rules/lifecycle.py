"""The life cycle of an exchange."""

from config.core.transitions import table
from providers.enums import ExchangeState as State

EXCHANGE = table(
    "exchange",
    start=State.SENDING,
    moves={
        State.SENDING: (State.SENT, State.FAILED, State.UNKNOWN),
        # A slow answer may still arrive after we gave up on it, and a person may find out what happened.
        State.UNKNOWN: (State.SENT, State.FAILED),
        State.SENT: (State.BOUNCED,),
        State.FAILED: (),
        State.BOUNCED: (),
    },
)
