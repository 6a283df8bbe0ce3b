"""Which reminders leave as one message, and how much a day allows."""

from dataclasses import dataclass

from migrations_app.enums import ChannelName
from tickets.enums import Party

MOST = 50
"""Most reminders in one message; what is left leaves with the next one."""
_REMINDS = ("_reminder", "_outcome", "_outcome_bsp", "_prepare")


def plain_address(address: str) -> str:
    """Return an address as it is compared and counted: without blanks around it and without regard to case."""
    return address.strip().lower()


@dataclass(frozen=True)
class Sharing:
    """What decides whether a reminder may share a message with another."""

    party: Party
    channel: str
    address: str
    organization_id: int
    test: bool


def may_share(one: Sharing, other: Sharing) -> bool:
    """Tell whether two reminders may leave as one message.

    Only by mail, to the same person, in the same world (test or live). A client reads of its own organization's cases only; an
    old BSP of any organization's, since nobody else is copied then.
    """
    same = (one.party, plain_address(one.address), one.test) == (other.party, plain_address(other.address), other.test)
    by_mail = one.channel == other.channel == ChannelName.EMAIL
    return same and by_mail and (one.party == Party.OLD_BSP or one.organization_id == other.organization_id)


def carries_text(message: str) -> bool:
    """Tell whether a message says more than a line of a digest can: guides and letters go along as a file."""
    return not message.endswith(_REMINDS)


def day_is_full(left: int, *, cap: int) -> bool:
    """Tell whether an address has had all the messages that one of its days allows; `left` counts every one, digests as one."""
    return left >= cap


def veiled(address: str) -> str:
    """Return an address so that only who knows it recognises it: a link may have been passed on."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}"
