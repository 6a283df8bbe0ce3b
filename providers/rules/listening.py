"""To whom a BSP listens, and so who may write to it."""

from providers.enums import AcceptsRequestFrom


def takes_partner_requests(accepts_request_from: str) -> bool:
    """Tell whether we may turn to a BSP ourselves, by whatever channel: only where the directory says that it takes partners.

    One that listens only to its client, or of which nobody knows, hears from its client alone; an address changes nothing.
    """
    return accepts_request_from == AcceptsRequestFrom.CLIENT_OR_PARTNER
