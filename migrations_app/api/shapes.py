"""What the ticket document and everything below it answers, for the API description."""

from typing import Any, Final

from config.core.api.shapes import (
    FLAG,
    LINK,
    MOMENT,
    NUMBER,
    TEXT,
    UUID,
    WHOLE,
    Shape,
    members,
    named,
    nullable,
    several,
    words,
)
from migrations_app import enums
from migrations_app.api.evidence_documents import EARLIER_EVIDENCE, EVIDENCE
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.rules.traffic import ReasonCode
from tickets.enums import ON_HOLD, ClockState, Party, Priority, SlaMetric, StatusCategory, TicketKind, TicketStatus

_STATUS: Final[Shape] = words(TicketStatus, [ON_HOLD])
_QUEUE: Final[Shape] = members(slug=TEXT, name=TEXT)
_STAGE: Final[Shape] = nullable(words(enums.Stage))
_WHICH: Final[dict[str, Shape]] = {"reference": {**TEXT, "examples": ["MIG-7K3QXA2P"]}, "test": FLAG}
_CALL_STATES = [state for state in enums.PinCallState if state not in {"held", "expired"}]
_BLOCKS: Final[Shape] = words(enums.Blocks)
_WAITING: Final[Shape] = members(
    party=words(Party), since=MOMENT, next_nudge_at=nullable(MOMENT), also=several(words(Party))
)
_COUNTERS: Final[dict[str, Shape]] = {
    "version": {**WHOLE, "description": "Rises with what a PATCH can conflict with."},
    "revision": {**WHOLE, "description": "Rises with every visible change."},
}
_REQUIREMENT: Final[Shape] = members(
    code=words(CATALOGUE),
    owner=words(Party),
    scope=words(["case", "number"]),
    state=words(enums.RequirementState),
    blocks=_BLOCKS,
    title=TEXT,
    help=TEXT,
    evidence=nullable(EVIDENCE),
    evidence_history=several(EARLIER_EVIDENCE),
    requested_at=nullable(MOMENT),
    external_reference=nullable(TEXT),
    promised_for=nullable(MOMENT),
    due_at={**nullable(MOMENT), "description": "When a closing reminder should be done; null for all others."},
    numbers=several(members(number=NUMBER, state=words(enums.RequirementState), detail=nullable(TEXT))),
    updated_at=MOMENT,
)
_CONTACT: Final[Shape] = members(
    name=nullable(TEXT), phone=nullable(NUMBER), email=nullable(TEXT), language=nullable(TEXT)
)
_NUMBER: Final[Shape] = members(
    number=NUMBER,
    country=nullable(TEXT),
    state=words(enums.NumberState),
    line_type=words(enums.LineType),
    behind_ivr=nullable(FLAG),
    otp_method=nullable(words(enums.OtpMethod)),
    otp_contact=nullable(_CONTACT),
    display_name=nullable(TEXT),
    display_name_status=words(enums.DisplayNameStatus),
    connection_status=words(enums.ConnectionStatus),
    phone_number_id=nullable(TEXT),
    live_at=nullable(MOMENT),
    billing_from=nullable(MOMENT),
    cool_down_until=nullable(MOMENT),
    last_error=nullable(
        members(code=TEXT, message=TEXT, what_to_do=TEXT, meta_code=nullable(WHOLE), fbtrace_id=nullable(TEXT))
    ),
    warnings=several(members(code=TEXT, message=TEXT, candidate=nullable(NUMBER))),
)
_FORM: Final[Shape] = members(
    business_verification=words(enums.BusinessVerification),
    hosting=words(enums.Hosting),
    connection_status=words(enums.ConnectionStatus),
    waba_id=nullable(TEXT),
    business_manager_id=nullable(TEXT),
    waba_owner=words(enums.WabaOwner),
    two_step_verification=words(enums.TwoStep),
    uses_business_app=nullable(FLAG),
    moves=words(enums.Moves),
    low_traffic_windows=several(members(weekday=WHOLE, start=TEXT, end=TEXT)),
    notes=TEXT,
)

SHAPES: Final[dict[str, Shape]] = {
    "Ticket": members(
        **_WHICH,
        kind=words(TicketKind),
        status=members(
            value=_STATUS,
            category=words(StatusCategory),
            since=MOMENT,
            details=several(members(code=TEXT, action_by=words(Party), message=TEXT, help_url=LINK)),
        ),
        stage=_STAGE,
        flow=words(enums.Flow),
        waiting_on=_WAITING,
        suggested_action=nullable(members(code=TEXT, message=TEXT)),
        available_actions=several(words(["submit", "cancel", "reopen"])),
        requirements=members(
            met=WHOLE, total=WHOLE, blocking=several(words(CATALOGUE)), items=several(named("Requirement"))
        ),
        queue=nullable(_QUEUE),
        priority=words(Priority),
        client=members(
            name=TEXT,
            contact_name=nullable(TEXT),
            contact_email=nullable(TEXT),
            contact_phone=nullable(NUMBER),
            language=TEXT,
            timezone=TEXT,
            country=nullable(TEXT),
        ),
        client_reference=nullable(TEXT),
        group_reference=nullable(TEXT),
        current_bsp=nullable(members(slug=nullable(TEXT), name=TEXT)),
        destination=members(slug=TEXT, name=TEXT, execution=words(enums.Execution)),
        form=_FORM,
        phone_numbers=several(named("PhoneNumber")),
        pin_call=nullable(named("PinCall")),
        pin_calls=several(named("PinCall")),
        sla=several(
            members(
                metric=words(SlaMetric),
                cycle=WHOLE,
                state=words(ClockState),
                due_at=nullable(MOMENT),
                met_at=nullable(MOMENT),
                breached_at=nullable(MOMENT),
            )
        ),
        ready_by=nullable(members(likely=MOMENT, late=MOMENT, known_cases=WHOLE)),
        poll_after_seconds=WHOLE,
        **_COUNTERS,
        created_at=MOMENT,
        updated_at=MOMENT,
    ),
    "TicketStatus": members(
        **_WHICH,
        status=_STATUS,
        stage=_STAGE,
        waiting_on=_WAITING,
        phone_numbers=several(members(number=NUMBER, state=words(enums.NumberState))),
        next_pin_call=nullable(MOMENT),
        poll_after_seconds=WHOLE,
        **_COUNTERS,
        updated_at=MOMENT,
    ),
    "Requirement": _REQUIREMENT,
    "PhoneNumber": _NUMBER,
    "PinCall": members(
        id=UUID,
        start=MOMENT,
        end=MOMENT,
        timezone=TEXT,
        status=words(_CALL_STATES),
        agent=TEXT,
        join_url=nullable(LINK),
        sequence=WHOLE,
        numbers=several(NUMBER),
        expected_live_by=MOMENT,
    ),
    "SlotHold": members(id=UUID, start=MOMENT, end=MOMENT, expires_at=MOMENT),
    "Slots": members(
        data=several(
            members(
                start=MOMENT,
                end=MOMENT,
                local_start={**MOMENT, "description": "The same moment on the clock of `timezone`."},
                score={"type": "number", "minimum": 0, "maximum": 1, "description": "The sum of the reasons' effects."},
                low_traffic=FLAG,
                reasons=several(members(code=words(ReasonCode), message=TEXT, effect={"type": "number"})),
            )
        ),
        duration_minutes=WHOLE,
        numbers=several(NUMBER),
        calls_needed=WHOLE,
        timezone=TEXT,
    ),
    "Chase": members(
        id=TEXT,
        requirement=words(CATALOGUE),
        requirements=several(words(CATALOGUE)),
        state=words(enums.ChaseState),
        next_at=nullable(MOMENT),
        attempts=several(
            members(
                id=TEXT,
                step=WHOLE,
                channel=words(enums.ChannelName),
                message=TEXT,
                recipient_party=words(Party),
                language=TEXT,
                state=words(enums.AttemptState),
                planned_at=MOMENT,
                sent_at=nullable(MOMENT),
            )
        ),
    ),
    "Destination": members(
        slug=TEXT,
        name=TEXT,
        execution=words(enums.Execution),
        default=FLAG,
        requirements=several(words(CATALOGUE)),
        flows=several(members(flow=words(enums.Flow), call=FLAG, requirements=several(words(CATALOGUE)))),
        stages=several(
            members(
                slug=TEXT,
                title=TEXT,
                description=TEXT,
                requirements=several(words(CATALOGUE)),
                numbers_move=FLAG,
                duration=nullable(members(least=WHOLE, most=WHOLE, unit=words(enums.DurationUnit))),
            )
        ),
        wallet_minimum=nullable(members(amount=WHOLE, currency=TEXT)),
        source_url=nullable(LINK),
        verified_on=nullable({**TEXT, "format": "date"}),
        version=WHOLE,
    ),
    "RequirementType": members(
        code=words(CATALOGUE),
        owner=words(Party),
        scope=words(["case", "number"]),
        blocks=_BLOCKS,
        title=TEXT,
        help=TEXT,
    ),
}

TICKET: Final[Shape] = named("Ticket")

FILING: Final[dict[str, Any]] = {
    "kind": "number_migration",
    "client": {
        "name": "Padaria Sol",
        "contact_name": "Ana Souza",
        "contact_email": "ana@padariasol.example",
        "contact_phone": "+551130001000",
        "language": "pt-br",
        "timezone": "America/Sao_Paulo",
        "country": "BR",
    },
    "client_reference": "SOL-1",
    "group_reference": None,
    "phone_numbers": [
        {
            "number": "+55 11 98765-4321",
            "line_type": "mobile",
            "behind_ivr": False,
            "otp_method": "sms",
            "otp_contact": {"name": "Ana", "phone": "+551130001000", "email": None, "language": "pt-br"},
            "display_name": "Padaria Sol",
            "display_name_status": "approved",
            "connection_status": "connected",
        }
    ],
    "current_bsp": "infobip",
    "destination": "gupshup",
    "business_verification": "verified",
    "hosting": "cloud_api",
    "connection_status": "connected",
    "waba_id": "102290129340398",
    "business_manager_id": "506914307656634",
    "waba_owner": "client",
    "two_step_verification": "enabled",
    "uses_business_app": False,
    "moves": "number",
    "low_traffic_windows": [{"weekday": 0, "start": "06:00", "end": "09:00"}],
    "notes": "",
    "submit": True,
}
"""A complete form, as an example."""

BATCH: Final[Shape] = members(
    data=several(
        {
            "oneOf": [
                members(index=WHOLE, status={"const": 201}, ticket=TICKET),
                members(index=WHOLE, status={**WHOLE, "minimum": 400, "maximum": 599}, problem=named("Problem")),
            ]
        }
    )
)
BATCH_FORM: Final[Shape] = {
    "type": "object",
    "properties": {"tickets": {**several(named("TicketForm")), "minItems": 1, "maxItems": 100}},
    "required": ["tickets"],
    "additionalProperties": False,
}
