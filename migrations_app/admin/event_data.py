"""What the presenters of the timeline share: an event's data, and what codes are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from migrations_app.enums.texts import REQUIREMENT_TEXTS

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Names:
    """What codes are called: people by id, queues by slug; times by the client's zone."""

    people: Mapping[int, str]
    queues: Mapping[str, str]
    zone: ZoneInfo
    desk: bool = True

    def local(self, iso: str) -> str:
        """Return a stored moment by the client's wall clock."""
        moment = datetime.fromisoformat(iso).astimezone(self.zone)
        return f"{date_format(moment, 'D j M Y, H:i')} ({self.zone.key})"


def requirement_of(data: Data) -> str:
    """Return the title of the requirement that an event is about, with its number if it is a number's."""
    code = str(data.get("requirement", ""))
    title = str(REQUIREMENT_TEXTS[code][0]) if code in REQUIREMENT_TEXTS else code
    number = data.get("number")
    return f"{title} ({number})" if number else title


def label_of(words: Any, value: Any) -> str:
    """Return what a stored word is called."""
    return str(dict(words.choices).get(value, value))
