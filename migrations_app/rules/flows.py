"""Which of Meta's moves a case is, and what that move needs at all: two-step verification off, a call, or neither.

Sources: Meta's pages on migrating numbers by API (A) and by Embedded Signup (B), on switching a WABA between partners (C), on
moving between multi-partner solutions (D), on changing the hosting (E) and on Business app coexistence (F).
"""

from dataclasses import dataclass

from migrations_app.enums import Execution, Flow, Moves
from migrations_app.rules.facts import Answers, DestinationFacts
from tickets.enums import Party


@dataclass(frozen=True)
class FlowPlan:
    """What a move asks for. `mover` takes the step that moves it where no call does; `action` names that step."""

    two_step_off: bool
    call: bool
    mover: Party
    action: str


BY_CALL = FlowPlan(two_step_off=True, call=True, mover=Party.ONBOARDING, action="book_call")
_PLANS: dict[Flow, FlowPlan] = {
    Flow.NUMBER_BY_API: BY_CALL,
    Flow.NUMBER_BY_EMBEDDED_SIGNUP: BY_CALL,
    # The client takes the account away from one partner and shares it with the other, in Business Suite.
    Flow.WABA_SWITCH: FlowPlan(two_step_off=False, call=False, mover=Party.CLIENT, action="switch_waba"),
    # The present partner proposes, the client accepts in Business Suite; no number is verified again.
    Flow.MULTI_PARTNER: FlowPlan(two_step_off=False, call=False, mover=Party.CLIENT, action="accept_solution"),
    # Registered again with a backup by whoever runs it: about 15 seconds, no code.
    Flow.HOSTING_CHANGE: FlowPlan(two_step_off=False, call=False, mover=Party.ONBOARDING, action="change_hosting"),
    # The code goes into the app, between the client and Meta; registering such a number breaks it.
    Flow.BUSINESS_APP_COEXISTENCE: FlowPlan(two_step_off=False, call=False, mover=Party.CLIENT, action="connect_app"),
}


def flow_of(answers: Answers, destination: DestinationFacts) -> Flow:
    """Return which of Meta's moves the answers describe.

    The form cannot tell A from B nor C from D; the destination's playbook can: how it executes, and how it takes whole
    accounts.
    """
    if answers.uses_business_app:
        return Flow.BUSINESS_APP_COEXISTENCE
    if answers.moves == Moves.WABA:
        return destination.account_flow
    if answers.moves == Moves.HOSTING:
        return Flow.HOSTING_CHANGE
    by_signup = destination.execution == Execution.EMBEDDED_SIGNUP
    return Flow.NUMBER_BY_EMBEDDED_SIGNUP if by_signup else Flow.NUMBER_BY_API


def plan_of(flow: Flow, execution: Execution) -> FlowPlan:
    """Return what a move needs at this destination.

    A multi-partner move through Embedded Signup has the number entered and verified again; through Business Suite it has not.
    Source: Meta, moving between multi-partner solutions.
    """
    if flow is Flow.MULTI_PARTNER and execution is Execution.EMBEDDED_SIGNUP:
        return BY_CALL
    return _PLANS[flow]
