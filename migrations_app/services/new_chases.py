"""Making a chase: with a copy of the ladder that fits, and an address for answers of its own."""

from config.core.uow import UnitOfWork
from migrations_app.enums.ladders import Demand
from migrations_app.models import Chase, MigrationCase
from migrations_app.rules.requirements import CATALOGUE
from migrations_app.services.asked import DEMANDS, Asking
from migrations_app.services.ladders import ladder_for
from migrations_app.services.threads import new_reply_token
from tickets.models import Ticket


def make_chase(uow: UnitOfWork, ticket: Ticket, case: MigrationCase, asking: Asking) -> Chase | None:
    """Make a chase with the rungs as they are now, nothing planned yet; None where no ladder fits."""
    demand = DEMANDS.get(asking.code, Demand.REQUIREMENT)
    common = demand is Demand.REQUIREMENT and asking.ladder is None
    ladder = asking.ladder or ladder_for(demand, ticket, case)
    if ladder is None:
        return None
    return Chase.objects.create(
        case=case,
        requirement_code=asking.code,
        covers=[code for code in CATALOGUE if code in asking.covered] if common else [],
        ladder_slug=ladder.slug,
        ladder_version=ladder.version,
        steps=ladder.steps,
        on_exhausted=ladder.on_exhausted,
        reply_token=new_reply_token(),
        round_started_at=uow.now,
        created_at=uow.now,
        updated_at=uow.now,
    )
