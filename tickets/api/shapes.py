"""What the help desk's own endpoints answer, for the API description."""

from typing import Final

from config.core.actor import ActorKind
from config.core.api.codes import CATALOGUE
from config.core.api.shapes import (
    ANYTHING,
    FLAG,
    LINK,
    MOMENT,
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
from tickets.api.webhook_shapes import WEBHOOK_SHAPES
from tickets.enums import FEED_EVENTS, ON_HOLD, FileType, OrganizationKind, Scope, StatusCategory, TicketStatus
from tickets.enums.sharing import SharePermission

STATUS_WORDS: Final[Shape] = words(TicketStatus, [ON_HOLD])
QUEUE: Final[Shape] = members(slug=TEXT, name=TEXT)

_AUTHOR: Final[Shape] = members(type=words(["client", "onboarding"]), name=TEXT)

SHAPES: Final[dict[str, Shape]] = {
    "Attachment": members(
        id=UUID,
        filename=TEXT,
        content_type=words(FileType),
        size={**WHOLE, "description": "In bytes."},
        sha256={**TEXT, "description": "Of the content, in hexadecimal."},
        author=_AUTHOR,
        created_at=MOMENT,
        url={**LINK, "description": "Where the file can be downloaded with your key."},
    ),
    "Comment": members(id=TEXT, body=TEXT, author=_AUTHOR, created_at=MOMENT),
    "Event": members(
        id=TEXT,
        type=words(FEED_EVENTS),
        ticket=TEXT,
        occurred_at=MOMENT,
        actor=members(type=words(ActorKind), name=TEXT),
        data={**ANYTHING, "description": "Codes and plain values; which ones depends on the type."},
        test={**FLAG, "description": "Whether it is about a test ticket."},
    ),
    "EventFeed": members(
        data=several(named("Event")),
        next_cursor={**TEXT, "description": "Always there: send it as `after`."},
        has_more={**FLAG, "description": "Whether there is more to be had at once."},
    ),
    "Me": members(
        organization=members(name=TEXT, kind=words(OrganizationKind)),
        key=members(prefix=TEXT, scopes=several(words(Scope)), test=FLAG, expires_at=nullable(MOMENT)),
    ),
    "Queue": QUEUE,
    "ShareLink": members(
        id=UUID,
        url={**nullable(LINK), "description": "Told once, when the link is made."},
        permissions=several(words(SharePermission)),
        label=nullable(TEXT),
        created_by=_AUTHOR,
        created_at=MOMENT,
        expires_at=MOMENT,
    ),
    "Status": members(
        value=STATUS_WORDS, label=TEXT, category=words(StatusCategory), next=several(words(TicketStatus))
    ),
    "ProblemType": members(code=words(CATALOGUE), type=LINK, status=WHOLE, title=TEXT, how_to_fix=TEXT),
    **WEBHOOK_SHAPES,
}
