"""How a proposal ends. `end` is the writer of its state."""

from config.core.actor import SYSTEM
from config.core.uow import UnitOfWork
from migrations_app.enums import PinCallState
from migrations_app.enums.proposals import ProposalState
from migrations_app.models import CallProposal, MigrationCase, PinCall
from migrations_app.rules.lifecycle import PROPOSAL
from migrations_app.selectors.proposals import open_proposal
from migrations_app.services.ringing import no_need_to_ring
from tickets.models import Ticket


def end(uow: UnitOfWork, proposal: CallProposal, to: ProposalState, *, call: PinCall | None = None) -> None:
    """Record what became of a proposal of a locked ticket.

    :raises IllegalTransition: it has ended already.
    """
    uow.move(proposal, "state", table=PROPOSAL, to=to, pin_call=call)


def end_with_stage(uow: UnitOfWork, ticket: Ticket, case: MigrationCase) -> None:
    """End what is proposed when no time is to be chosen any more: one was chosen by whatever way, or the case went elsewhere."""
    call = PinCall.objects.filter(ticket=ticket, state=PinCallState.BOOKED).order_by("-id").first()
    if call is not None:
        no_need_to_ring(uow, case)
    proposal = open_proposal(case)
    if proposal is None:
        return
    if call is None:
        end(uow, proposal, ProposalState.WITHDRAWN)
    else:
        end(uow, proposal, ProposalState.BOOKED if uow.by == SYSTEM else ProposalState.ANSWERED, call=call)
