"""What an integrator needs to know of a move: read from rows, the same for the API, the admin's page and the file in a mail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from migrations_app.enums import Blocks, NumberState, RequirementCode, RequirementState
from migrations_app.enums.aftercare import CheckKind, TemplateOutcome
from migrations_app.models import MigrationCase, MoveCheck, NumberMove, Requirement, TemplateEntry
from migrations_app.rules.lifecycle import CLEAR_FOR_SCHEDULING, MOVED, SATISFIED
from migrations_app.rules.progress import CUT_OVER, HOLDS_RESOLVING
from migrations_app.rules.templates import OPEN_OUTCOMES
from migrations_app.selectors.aftercare import open_templates, outcome_counts
from providers.models import MetaAccount
from tickets.models import Ticket

_BEFORE_THE_MOVE = frozenset({Blocks.SUBMIT, Blocks.SCHEDULE, Blocks.START})
MOST_TEMPLATES = 200
"""Most templates that are named; all of them are counted."""


@dataclass(frozen=True)
class NumberLine:
    """One number: under which id it is reached now, since when it works, and from when the destination bills it."""

    number: str
    state: NumberState
    phone_number_id: str
    live_at: datetime | None
    billing_from: datetime | None
    status: str
    quality: str
    read_at: datetime | None


@dataclass(frozen=True)
class Remaining:
    """Something that is still open, and by when it should be done."""

    code: str
    owner: str
    state: str
    due_at: datetime | None


@dataclass(frozen=True)
class Sheet:
    """The whole sheet. `apps` None: nobody has read yet which apps receive the account's webhooks."""

    reference: str
    test: bool
    client: str
    destination: str
    old_bsp: str
    waba_id: str
    apps: tuple[str, ...] | None
    numbers: tuple[NumberLine, ...]
    templates: dict[str, int]
    open_templates: tuple[TemplateEntry, ...]
    templates_compared: bool
    to_move: tuple[str, ...]
    """Numbers that are still to be moved."""
    remaining: tuple[Remaining, ...]
    zone: str

    @property
    def left_templates(self) -> int:
        """How many templates leave somebody something to do."""
        return sum(count for name, count in self.templates.items() if TemplateOutcome(name) in OPEN_OUTCOMES)


def sheet_of(ticket: Ticket, case: MigrationCase) -> Sheet:
    """Return the sheet of a case as it stands; numbers that were left out are not on it."""
    looks = _looks(case)
    account = MetaAccount.objects.filter(pk=case.playbook_copy.get("meta_account_id")).first()
    numbers = NumberMove.objects.filter(case=case).exclude(state=NumberState.SKIPPED).order_by("position")
    return Sheet(
        reference=ticket.reference,
        test=ticket.test,
        client=ticket.client_name,
        destination=str(case.playbook_copy.get("name", "")),
        old_bsp=case.current_bsp.name if case.current_bsp else case.current_bsp_name,
        waba_id=account.waba_id if account else "",
        apps=_apps(looks),
        numbers=tuple(_line(number, looks.get(number.pk)) for number in numbers),
        templates=outcome_counts(case),
        open_templates=tuple(open_templates(case, limit=MOST_TEMPLATES)),
        templates_compared=_compared(case),
        to_move=tuple(number.number for number in numbers if number.state not in CUT_OVER),
        remaining=_remaining(
            Requirement.objects.filter(case=case).exclude(number__state__in=MOVED).order_by("id"),
            moved=all(number.state == NumberState.LIVE for number in numbers),
        ),
        zone=ticket.timezone,
    )


def _compared(case: MigrationCase) -> bool:
    """Tell whether the templates were compared after the move, or somebody has settled that they are all there."""
    read = MoveCheck.objects.filter(case=case, kind=CheckKind.TEMPLATES, read_at__isnull=False)
    settled = Requirement.objects.filter(case=case, code=RequirementCode.TEMPLATES_CHECKED, state__in=SATISFIED)
    return read.exists() or settled.exists()


def _looks(case: MigrationCase) -> dict[int, MoveCheck]:
    """Return the newest read of each number."""
    rows = MoveCheck.objects.filter(case=case, kind__in=[CheckKind.LIVE, CheckKind.QUALITY], read_at__isnull=False)
    return {row.number_id: row for row in rows.order_by("read_at") if row.number_id is not None}


def _apps(looks: dict[int, MoveCheck]) -> tuple[str, ...] | None:
    newest = max(looks.values(), key=lambda row: (row.read_at is not None, row.read_at), default=None)
    return None if newest is None else tuple((newest.result or {}).get("apps", ()))


def _line(number: NumberMove, look: MoveCheck | None) -> NumberLine:
    result = (look.result or {}) if look else {}
    return NumberLine(
        number.number, NumberState(number.state), number.phone_number_id, number.live_at, number.billing_from,
        str(result.get("status", "")), str(result.get("quality", "")), look.read_at if look else None,
    )  # fmt: skip


def _remaining(rows: Iterable[Requirement], *, moved: bool) -> tuple[Remaining, ...]:
    """Return each open requirement once, with its earliest date; what stood before the move is past once all have moved.

    What has to be true before the move is done when somebody has said so; what comes after it, when it is proven.
    """
    found: dict[str, Remaining] = {}
    for row in rows:
        before = row.blocks in _BEFORE_THE_MOVE and row.code not in HOLDS_RESOLVING
        past = before and moved
        done = CLEAR_FOR_SCHEDULING if before else SATISFIED
        if row.state not in done and row.code not in found and not past:
            found[row.code] = Remaining(row.code, row.owner, RequirementState(row.state).value, row.due_at)
    return tuple(found.values())
