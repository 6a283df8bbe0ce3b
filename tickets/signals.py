"""The single message upward: the desk moved a ticket by hand, and whoever owns its document must follow or refuse."""

from django.dispatch import Signal

ticket_transitioned = Signal()
"""Sent inside the transaction with `ticket` (locked) and `uow` after a change of queue or hold; a receiver that raises refuses."""
