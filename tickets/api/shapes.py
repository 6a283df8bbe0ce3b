"""What the help desk's own endpoints answer, for the API description."""

from typing import Final

from config.core.actor import ActorKind
from config.core.api.codes import CATALOGUE
from config.core.api.shapes import ANYTHING, FLAG, LINK, MOMENT, TEXT, WHOLE, Shape, members, nullable, several, words
from tickets.enums import ON_HOLD, EventType, OrganizationKind, Scope, StatusCategory, TicketStatus

STATUS_WORDS: Final[Shape] = words(TicketStatus, [ON_HOLD])
QUEUE: Final[Shape] = members(slug=TEXT, name=TEXT)

SHAPES: Final[dict[str, Shape]] = {
    "Comment": members(
        id=TEXT, body=TEXT, author=members(type=words(["client", "onboarding"]), name=TEXT), created_at=MOMENT
    ),
    "Event": members(
        id=TEXT,
        type=words(EventType),
        ticket=TEXT,
        occurred_at=MOMENT,
        actor=members(type=words(ActorKind), name=TEXT),
        data={**ANYTHING, "description": "Codes and plain values; which ones depends on the type."},
    ),
    "Me": members(
        organization=members(name=TEXT, kind=words(OrganizationKind)),
        key=members(prefix=TEXT, scopes=several(words(Scope)), test=FLAG, expires_at=nullable(MOMENT)),
    ),
    "Queue": QUEUE,
    "Status": members(
        value=STATUS_WORDS, label=TEXT, category=words(StatusCategory), next=several(words(TicketStatus))
    ),
    "ProblemType": members(code=words(CATALOGUE), type=LINK, status=WHOLE, title=TEXT, how_to_fix=TEXT),
}
