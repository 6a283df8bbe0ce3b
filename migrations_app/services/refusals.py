"""Requirements that Meta's own refusal has opened: they close when Meta shows, or its acceptance proves, that they are mended."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from config.core.uow import UnitOfWork
from migrations_app.enums import RequirementCode, RequirementState, Stage
from migrations_app.models import MigrationCase, NumberMove, Requirement
from migrations_app.rules.progress import ENDED
from migrations_app.rules.proof import BY_META, STUMBLED_OVER
from migrations_app.services.requirements import change_state
from tickets.models import Ticket

DISPROVED = frozenset(STUMBLED_OVER.values()) - {RequirementCode.APP_SUBSCRIBED}
"""What a refused move may have stumbled over, and an accepted one has not. Subscribed apps are read by themselves."""


def settle_refused(
    uow: UnitOfWork,
    ticket: Ticket,
    case: MigrationCase,
    codes: Collection[RequirementCode],
    number: NumberMove | None = None,
) -> bool:
    """Close what Meta's word opened of these codes, for a locked ticket's case and this number; tell whether there was any.

    What a person opened again stays open: only who refused can be shown to have changed its mind.
    """
    if Stage(case.stage) in ENDED:
        return False
    rows = Requirement.objects.select_related("number").filter(
        Q(number=None) | Q(number=number), case=case, code__in=codes, state=RequirementState.UNMET, decided_by=BY_META
    )
    entry: dict[str, Any] = {
        "statement": "Meta does not refuse it any more.",
        "confirmed_by": "meta",
        "claimed_by": BY_META,
        "at": uow.now.isoformat(),
    }
    found = list(rows.order_by("id"))
    for row in found:
        change_state(
            uow, ticket, row, RequirementState.MET, evidence=dict(entry), detail="", reason="", decided_by=BY_META
        )
    return bool(found)
