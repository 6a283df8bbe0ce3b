"""The columns of every table of tickets, by name: codes as the API has them, nothing that a program would calculate.

Who adds one adds it here, for the admin's file and for the API's alike.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from migrations_app.enums import NumberState, PinCallState, RequirementCode, RequirementState, Stage
from migrations_app.rules.progress import ENDED
from migrations_app.rules.sheets import harmless
from migrations_app.rules.stage_times import first_entered, seconds_in
from migrations_app.selectors.export import ExportRow
from tickets.enums import SlaMetric
from tickets.selectors.api import shown_status

Value = str | int | bool | list[Any] | datetime | None
Column = Callable[[ExportRow], Value]

DESK_ONLY = frozenset({"organization", "assignee", "tags", "source"})
"""What the API tells nobody, or would tell the one who asks of himself."""
_FORM = (
    "business_verification", "hosting", "connection_status", "business_manager_id", "waba_owner", "two_step_verification",
    "uses_business_app", "moves", "notes",
)  # fmt: skip
_OPEN_FIRST = (
    RequirementState.FAILED, RequirementState.UNMET, RequirementState.REQUESTED, RequirementState.CLAIMED,
    RequirementState.MET, RequirementState.WAIVED,
)  # fmt: skip


def _of_ticket(name: str, row: ExportRow) -> Value:
    value: Value = getattr(row.ticket, name)
    return value


def _of_case(name: str, row: ExportRow) -> Value:
    value: Value = getattr(row.case, name) if row.case else None
    return value


def _bsp(row: ExportRow) -> Value:
    case = row.case
    return "" if case is None else case.current_bsp.name if case.current_bsp else case.current_bsp_name


def _live(row: ExportRow) -> list[datetime]:
    return [number.live_at for number in row.numbers if number.live_at]


def _entered(stage: Stage, row: ExportRow) -> Value:
    case = row.case
    return first_entered(case.stage_times, stage, present=case.stage, since=case.stage_since) if case else None


def _seconds(stage: Stage, row: ExportRow) -> Value:
    case = row.case
    return seconds_in(case.stage_times, stage, present=case.stage, since=case.stage_since, at=row.at) if case else None


def _first(word: str, row: ExportRow) -> Value:
    return next((at for at, what in row.happened if what == word), None)


def _last(word: str, row: ExportRow) -> Value:
    return next((at for at, what in reversed(row.happened) if what == word), None)


def _call_at(row: ExportRow) -> Value:
    return next((start for state, start in reversed(row.calls) if state != PinCallState.CANCELLED), None)


def _missed(row: ExportRow) -> Value:
    return sum(state == PinCallState.NO_SHOW for state, _start in row.calls)


def _level(metric: SlaMetric, member: str, row: ExportRow) -> Value:
    found: Value = next((clock.get(member) for clock in row.ticket.sla if clock.get("metric") == metric), None)
    return found


def _level_due(metric: SlaMetric, row: ExportRow) -> Value:
    found = _level(metric, "due_at", row)
    return datetime.fromisoformat(str(found)) if found else None


def _asked_state(code: RequirementCode, row: ExportRow) -> Value:
    """Return how far a requirement is; of several numbers the one that is furthest behind."""
    states = {asked.state for asked in row.asked if asked.code == code}
    return next((state.value for state in _OPEN_FIRST if state in states), None)


def _asked_answer(code: RequirementCode, row: ExportRow) -> Value:
    return "; ".join(dict.fromkeys(asked.statement for asked in row.asked if asked.code == code and asked.statement))


COLUMNS: dict[str, Column] = {
    **{name: partial(_of_ticket, name) for name in ("reference", "client_reference", "group_reference")},
    "organization": lambda row: row.ticket.organization.name,
    "client_name": partial(_of_ticket, "client_name"),
    "status": lambda row: shown_status(row.ticket)[0],
    **{name: partial(_of_ticket, name) for name in ("stage", "waiting_on", "waiting_since", "next_nudge_at")},
    "queue": lambda row: row.ticket.queue.slug if row.ticket.queue else "",
    "assignee": lambda row: row.ticket.assignee.get_username() if row.ticket.assignee else "",
    "numbers": lambda row: [number.number for number in row.numbers],
    "numbers_live": lambda row: len(_live(row)),
    "current_bsp": _bsp,
    "destination": lambda row: str(row.case.playbook_copy.get("name", "")) if row.case else "",
    "flow": partial(_of_case, "flow"),
    "waba_id": partial(_of_case, "waba_id"),
    "country": partial(_of_ticket, "country"),
    **{
        name: partial(_of_ticket, name)
        for name in (
            "kind", "test", "source", "contact_name", "contact_email", "contact_phone", "language", "timezone", "priority",
            "cancel_reason", "created_at", "updated_at",
        )
    },
    "tags": lambda row: [str(tag) for tag in row.ticket.tags],
    **{name: partial(_of_case, name) for name in _FORM},
    "submitted_at": partial(_first, "submitted"),
    "first_ready_at": partial(_entered, Stage.READY),
    "call_at": _call_at,
    "calls": lambda row: len(row.calls),
    "calls_missed": _missed,
    "first_live_at": lambda row: min(_live(row), default=None),
    "last_live_at": lambda row: max(_live(row), default=None),
    "resolved_at": partial(_last, "resolved"),
    "closed_at": partial(_last, "closed"),
    "cancelled_at": partial(_last, "cancelled"),
    "numbers_skipped": lambda row: sum(number.state == NumberState.SKIPPED for number in row.numbers),
    **{f"seconds_in_{stage.value}": partial(_seconds, stage) for stage in Stage if stage not in ENDED},
    **{f"sla_{metric.value}": partial(_level, metric, "state") for metric in SlaMetric},
    **{f"sla_{metric.value}_due_at": partial(_level_due, metric) for metric in SlaMetric},
    **{f"requirement_{code.value}": partial(_asked_state, code) for code in RequirementCode},
    **{f"answer_{code.value}": partial(_asked_answer, code) for code in RequirementCode},
}  # fmt: skip
FOR_CALLERS = tuple(name for name in COLUMNS if name not in DESK_ONLY)


def plain(value: Value) -> Any:
    """Return a value as JSON has it; times in UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def cell(value: Value) -> str:
    """Return a value as a cell of a table: no formula, no list, nothing guessed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return str(harmless("; ".join(map(str, value))))
    found = plain(value)
    return str(harmless("" if found is None else str(found)))
