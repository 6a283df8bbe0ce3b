"""Which channels there are."""

from providers.channels.base import Channel
from providers.channels.http import HttpChannel
from providers.channels.mail import MailChannel
from providers.channels.person import PersonChannel

_CHANNELS: dict[str, type[Channel]] = {
    "email": MailChannel,
    "http": HttpChannel,
    "portal": PersonChannel,
    "phone": PersonChannel,
    "whatsapp": PersonChannel,
}


def channel_named(name: str) -> Channel:
    """Return the channel of that name.

    :raises KeyError: there is none.
    """
    return _CHANNELS[name]()
