"""Web portals, the telephone and WhatsApp: a person of the desk acts there, so nothing is ever sent."""

from typing import ClassVar

from providers.channels.base import ChannelRefused
from providers.types import Capabilities, OutboundMessage, Receipt


class PersonChannel:
    """Declares what such a way can do; the message becomes a task in the agents' list."""

    capabilities: ClassVar[Capabilities] = Capabilities(by_person=True)

    def send(self, message: OutboundMessage) -> Receipt:
        """Refuse: a program cannot do this.

        :raises ChannelRefused: always.
        """
        raise ChannelRefused("by_person", permanent=True)
