"""The life cycles of the domain. Each status has one writer; the diagrams in docs/architecture.md are drawn from here."""

from config.core.transitions import table
from migrations_app.enums import (
    AttemptState,
    ChaseState,
    DeskTaskState,
    NumberState,
    PinCallState,
    RequirementState,
    Stage,
)
from migrations_app.enums.aftercare import CheckState
from migrations_app.enums.disputes import DisputeState
from migrations_app.enums.exports import ExportState
from migrations_app.enums.mail import MailState
from migrations_app.enums.proofs import ProofState
from migrations_app.enums.proposals import ProposalState

_MOVING = (Stage.TRIAGE, Stage.REQUIREMENTS, Stage.READY, Stage.SCHEDULED, Stage.IN_CALL, Stage.VERIFYING)
_MOVED = (Stage.VERIFYING, Stage.CLOSING)
_END = (Stage.CANCELLED, Stage.REJECTED)

STAGE = table(
    "case stage",
    start=Stage.TRIAGE,
    moves={
        Stage.TRIAGE: (Stage.REQUIREMENTS, Stage.READY, *_END),
        # Leaving out the last number that is not live ends the moving at any of these stages.
        # In call again: a number that had left a running call comes back into it.
        Stage.REQUIREMENTS: (Stage.TRIAGE, Stage.READY, Stage.SCHEDULED, Stage.IN_CALL, *_MOVED, *_END),
        Stage.READY: (Stage.TRIAGE, Stage.REQUIREMENTS, Stage.SCHEDULED, Stage.IN_CALL, *_MOVED, *_END),
        Stage.SCHEDULED: (Stage.REQUIREMENTS, Stage.READY, Stage.IN_CALL, *_MOVED, *_END),
        # A call may end with nothing moved, with cooling numbers, or with everything live.
        Stage.IN_CALL: (Stage.REQUIREMENTS, Stage.READY, Stage.SCHEDULED, *_MOVED, *_END),
        Stage.VERIFYING: (Stage.REQUIREMENTS, Stage.READY, Stage.SCHEDULED, Stage.CLOSING, *_END),
        Stage.CLOSING: (Stage.DONE, Stage.VERIFYING, Stage.REQUIREMENTS, Stage.READY),
        Stage.DONE: (Stage.VERIFYING, Stage.REQUIREMENTS, Stage.READY),
        Stage.CANCELLED: (Stage.TRIAGE, Stage.REQUIREMENTS, Stage.READY),
        Stage.REJECTED: (),
    },
)

_ASIDE = (NumberState.FAILED, NumberState.COOLING_DOWN, NumberState.SKIPPED)

NUMBER = table(
    "number move",
    start=NumberState.PENDING,
    moves={
        # Registered at once: moved in a console, a popup or by the client, and recorded by the desk.
        NumberState.PENDING: (NumberState.INITIATED, NumberState.REGISTERED, *_ASIDE),
        # Meta may know the number as verified already (a verified ownership stays valid for 14 days). Pending again: its
        # object at the destination is gone, or the case goes another way now. Registered at once: as above.
        NumberState.INITIATED: (
            NumberState.PENDING,
            NumberState.CODE_REQUESTED,
            NumberState.CODE_VERIFIED,
            NumberState.REGISTERED,
            *_ASIDE,
        ),
        NumberState.CODE_REQUESTED: (NumberState.PENDING, NumberState.CODE_VERIFIED, *_ASIDE),
        # A verified number may have been registered by a call whose answer was lost.
        NumberState.CODE_VERIFIED: (NumberState.PENDING, NumberState.REGISTERED, *_ASIDE),
        NumberState.REGISTERED: (NumberState.LIVE, NumberState.FAILED, NumberState.SKIPPED),
        NumberState.LIVE: (),
        NumberState.COOLING_DOWN: (
            NumberState.PENDING,
            NumberState.INITIATED,
            NumberState.CODE_REQUESTED,
            NumberState.CODE_VERIFIED,
            NumberState.SKIPPED,
        ),
        NumberState.FAILED: (
            NumberState.COOLING_DOWN,
            NumberState.PENDING,
            NumberState.INITIATED,
            NumberState.CODE_REQUESTED,
            NumberState.CODE_VERIFIED,
            NumberState.REGISTERED,
            NumberState.SKIPPED,
        ),
        NumberState.SKIPPED: (NumberState.PENDING, NumberState.INITIATED, NumberState.CODE_VERIFIED),
    },
)

REQUIREMENT = table(
    "requirement",
    start=(RequirementState.UNMET, RequirementState.CLAIMED, RequirementState.MET),
    moves={
        RequirementState.UNMET: (
            RequirementState.REQUESTED,
            RequirementState.CLAIMED,
            RequirementState.MET,
            RequirementState.WAIVED,
            RequirementState.FAILED,
        ),
        RequirementState.REQUESTED: (
            RequirementState.UNMET,
            RequirementState.CLAIMED,
            RequirementState.MET,
            RequirementState.WAIVED,
            RequirementState.FAILED,
        ),
        RequirementState.CLAIMED: (
            RequirementState.UNMET,
            RequirementState.MET,
            RequirementState.WAIVED,
            RequirementState.FAILED,
        ),
        RequirementState.MET: (RequirementState.UNMET, RequirementState.FAILED),
        RequirementState.WAIVED: (RequirementState.UNMET,),
        RequirementState.FAILED: (
            RequirementState.UNMET,
            RequirementState.REQUESTED,
            RequirementState.CLAIMED,
            RequirementState.MET,
            RequirementState.WAIVED,
        ),
    },
)

CHASE = table(
    "chase",
    start=ChaseState.ACTIVE,
    moves={
        ChaseState.ACTIVE: (ChaseState.ANSWERED, ChaseState.SATISFIED, ChaseState.EXHAUSTED, ChaseState.STOPPED),
        # A claim that turns out false sends the ladder on.
        # An answer that refuses hands it to a person.
        ChaseState.ANSWERED: (ChaseState.ACTIVE, ChaseState.SATISFIED, ChaseState.EXHAUSTED, ChaseState.STOPPED),
        ChaseState.EXHAUSTED: (ChaseState.ACTIVE, ChaseState.ANSWERED, ChaseState.SATISFIED, ChaseState.STOPPED),
        ChaseState.SATISFIED: (ChaseState.ACTIVE,),
        ChaseState.STOPPED: (ChaseState.ACTIVE,),
    },
)

ATTEMPT = table(
    "attempt",
    start=AttemptState.PLANNED,
    moves={
        AttemptState.PLANNED: (AttemptState.SENDING,),
        AttemptState.SENDING: (AttemptState.SENT, AttemptState.FAILED, AttemptState.UNKNOWN),
        # The answer came after we had given up, or a person found out.
        AttemptState.UNKNOWN: (AttemptState.SENT, AttemptState.FAILED),
        AttemptState.SENT: (AttemptState.BOUNCED,),
        AttemptState.FAILED: (),
        AttemptState.BOUNCED: (),
    },
)

PIN_CALL = table(
    "pin call",
    start=(PinCallState.HELD, PinCallState.BOOKED),
    moves={
        PinCallState.HELD: (PinCallState.BOOKED, PinCallState.EXPIRED),
        PinCallState.BOOKED: (PinCallState.STARTED, PinCallState.CANCELLED, PinCallState.NO_SHOW),
        PinCallState.STARTED: (PinCallState.FINISHED, PinCallState.NO_SHOW),
        PinCallState.FINISHED: (),
        PinCallState.CANCELLED: (),
        PinCallState.NO_SHOW: (),
        PinCallState.EXPIRED: (),
    },
)

DISPUTE = table(
    "dispute",
    start=DisputeState.OPEN,
    moves={
        DisputeState.OPEN: (DisputeState.UPHELD, DisputeState.TRANSFERRED, DisputeState.DISMISSED),
        # A further claim after a decision is a dispute of its own.
        DisputeState.UPHELD: (),
        DisputeState.TRANSFERRED: (),
        DisputeState.DISMISSED: (),
    },
)

DESK_TASK = table(
    "desk task",
    start=DeskTaskState.OPEN,
    moves={
        DeskTaskState.OPEN: (DeskTaskState.DONE, DeskTaskState.DROPPED),
        DeskTaskState.DONE: (),
        DeskTaskState.DROPPED: (),
    },
)

PROOF = table(
    "try at Meta",
    start=(ProofState.PLANNED, ProofState.TRYING),
    moves={
        ProofState.PLANNED: (ProofState.TRYING,),
        ProofState.TRYING: (
            ProofState.ACCEPTED,
            ProofState.STILL_ON,
            ProofState.REFUSED,
            ProofState.POSTPONED,
            # No answer came, or the process died: the next try reads at Meta before it repeats anything.
            ProofState.UNANSWERED,
        ),
        ProofState.ACCEPTED: (),
        ProofState.STILL_ON: (),
        ProofState.REFUSED: (),
        ProofState.POSTPONED: (),
        ProofState.UNANSWERED: (),
    },
)

MAIL = table(
    "incoming mail",
    start=MailState.RECEIVED,
    moves={
        MailState.RECEIVED: (MailState.FILED, MailState.UNMATCHED, MailState.AUTO_REPLY, MailState.BOUNCE),
        MailState.UNMATCHED: (MailState.FILED, MailState.SET_ASIDE),
        # A person finds out that a machine's mail says something after all.
        MailState.AUTO_REPLY: (MailState.FILED, MailState.SET_ASIDE),
        MailState.BOUNCE: (MailState.FILED, MailState.SET_ASIDE),
        MailState.SET_ASIDE: (MailState.FILED,),
        # Onto another ticket: it stays filed.
        MailState.FILED: (),
    },
)

PROPOSAL = table(
    "proposed times",
    start=ProposalState.OPEN,
    moves={
        ProposalState.OPEN: (
            ProposalState.ANSWERED,
            ProposalState.DECLINED,
            ProposalState.SILENT,
            ProposalState.BOOKED,
            ProposalState.WITHDRAWN,
        ),
        ProposalState.ANSWERED: (),
        ProposalState.DECLINED: (),
        ProposalState.SILENT: (),
        ProposalState.BOOKED: (),
        ProposalState.WITHDRAWN: (),
    },
)


MOVED = frozenset({NumberState.LIVE, NumberState.SKIPPED})
"""States in which nothing is left to do for a number."""

SATISFIED = frozenset({RequirementState.MET, RequirementState.WAIVED})
CLEAR_FOR_SCHEDULING = SATISFIED | {RequirementState.CLAIMED}
"""A claim suffices for scheduling unless the queue reviews claims."""

MOVE_CHECK = table(
    "check after the move",
    start=CheckState.PLANNED,
    moves={
        CheckState.PLANNED: (CheckState.RUNNING,),
        # Planned again: no answer yet, the next page, or its process died; reading and copying may be repeated.
        CheckState.RUNNING: (CheckState.PLANNED, CheckState.DONE, CheckState.FAILED),
        CheckState.DONE: (CheckState.PLANNED,),
        CheckState.FAILED: (CheckState.PLANNED,),
    },
)

EXPORT = table(
    "export",
    start=ExportState.QUEUED,
    moves={
        ExportState.QUEUED: (ExportState.RUNNING,),
        # Who takes it over from a process that died begins anew; the third death fails it.
        ExportState.RUNNING: (ExportState.DONE, ExportState.FAILED),
        ExportState.DONE: (ExportState.EXPIRED,),
        ExportState.FAILED: (),
        ExportState.EXPIRED: (),
    },
)

ALL_TABLES = (
    STAGE, NUMBER, REQUIREMENT, CHASE, ATTEMPT, PIN_CALL, PROPOSAL, DISPUTE, DESK_TASK, PROOF, MAIL, MOVE_CHECK,
    EXPORT,
)  # fmt: skip
