"""Who does something: an argument of every service, kept on every event."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """Through which door somebody acts."""

    API_KEY = "api_key"
    USER = "user"
    SYSTEM = "system"
    OPERATOR = "operator"
    LINK = "link"
    MAIL = "mail"


@dataclass(frozen=True)
class Actor:
    """Somebody who changes state.

    `label` is what people read in the timeline; `is_staff_of_desk` tells agents and leads from clients.
    """

    kind: ActorKind
    label: str
    id: int | None = None
    organization_id: int | None = None
    is_staff_of_desk: bool = False
    request_id: str | None = None


SYSTEM = Actor(ActorKind.SYSTEM, "Portero", is_staff_of_desk=True)
OPERATOR = Actor(ActorKind.OPERATOR, "operator", is_staff_of_desk=True)
