"""Who gets a link to the client's page in a message: the client, from a machine, and nobody else."""

import pytest

from migrations_app.models import ChaseAttempt, Notice
from migrations_app.models.chases import OutboundAttempt
from migrations_app.services.page_links import page_mark
from tickets.models import Ticket

TICKET = Ticket(reference="MIG-7K3QXA2P")


@pytest.mark.parametrize(
    ("row", "gets_one"),
    [
        (ChaseAttempt(recipient_party="client", channel="email"), True),
        (ChaseAttempt(recipient_party="client", channel="http"), True),
        (Notice(recipient_party="client", channel="email"), True),
        (ChaseAttempt(recipient_party="old_bsp", channel="email"), False),
        (ChaseAttempt(recipient_party="onboarding", channel="email"), False),
        (ChaseAttempt(recipient_party="client", channel="phone"), False),
        (ChaseAttempt(recipient_party="client", channel="whatsapp"), False),
        (Notice(recipient_party="client", channel="email", holder_id=1), False),
        (Notice(recipient_party="client", channel="email", agent_id=1), False),
    ],
)
def test_only_the_client_gets_a_link(row: OutboundAttempt, gets_one: bool) -> None:
    assert page_mark(row, TICKET) == ("[…/t/… MIG-7K3QXA2P]" if gets_one else "")
