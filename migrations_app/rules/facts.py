"""The form's answers as plain values: what every rule of the domain looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrations_app.enums import (
    BusinessVerification,
    ConnectionStatus,
    DisplayNameStatus,
    Execution,
    Flow,
    Hosting,
    LineType,
    Moves,
    OtpMethod,
    TwoStep,
    WabaOwner,
)


@dataclass(frozen=True)
class NumberAnswers:
    """What was filed about one number."""

    number: str
    line_type: LineType = LineType.UNKNOWN
    behind_ivr: bool | None = None
    otp_method: OtpMethod | None = None
    has_otp_contact: bool = False
    display_name_status: DisplayNameStatus = DisplayNameStatus.UNKNOWN
    connection_status: ConnectionStatus | None = None
    """What the old BSP shows of this number; None: what it shows of the whole case."""


@dataclass(frozen=True)
class Answers:
    """What was filed about the case."""

    business_verification: BusinessVerification
    hosting: Hosting
    connection_status: ConnectionStatus
    waba_id: str = ""
    business_manager_id: str = ""
    waba_owner: WabaOwner = WabaOwner.UNKNOWN
    two_step: TwoStep = TwoStep.UNKNOWN
    uses_business_app: bool = False
    moves: Moves = Moves.UNKNOWN
    has_low_traffic_windows: bool = False
    numbers: tuple[NumberAnswers, ...] = field(default_factory=tuple)

    def status_of(self, number: NumberAnswers) -> ConnectionStatus:
        """Return what the old BSP shows of a number."""
        return number.connection_status or self.connection_status


@dataclass(frozen=True)
class DestinationFacts:
    """What we know of the destination: who executes, which requirements its playbook asks for, what is already there."""

    execution: Execution = Execution.GRAPH_API
    account_flow: Flow = Flow.WABA_SWITCH
    """Which flow it is when a whole WABA moves: `waba_switch`, or `multi_partner` where the destination is such a solution."""
    requirements: tuple[str, ...] = ()
    """Codes asked of a move of numbers."""
    flow_requirements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Codes asked of moves without a call, by flow; a flow that is not here takes from `requirements` what suits it."""
    blocking: Mapping[str, str] = field(default_factory=dict)
    """What the soft requirements block here, by code; the others block what the catalogue says."""
    account_held: bool = False
    """The WABA that the numbers move to is one of ours."""
    payment_ready: bool = False
    app_subscribed: bool = False
