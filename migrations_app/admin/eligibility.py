"""What filing the answers of the form would meet, for the filing page: each reason once, with the numbers it is about."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from config.core.actor import Actor
from migrations_app.admin.words import PARTY_COLOURS
from migrations_app.enums.texts import reason_text
from migrations_app.rules.reasons import Reason
from migrations_app.services.eligibility import Check
from tickets.enums import Party
from tickets.selectors.desk import seen_by


@dataclass
class Told:
    """One reason on the page. `numbers` is empty when it is about all of them."""

    words: str
    step: str
    colour: str
    party: str
    party_colour: str
    numbers: list[str] = field(default_factory=list)


def page_of(check: Check, sent: list[str], by: Actor) -> dict[str, Any]:
    """Return what the page shows this person of a check; `sent` are the numbers as they were written."""
    grouped: dict[tuple[str, str], Told] = {}
    for text, checked in zip(sent, check.numbers, strict=True):
        for reason in checked.verdict.reasons:
            words = _words(reason, by)
            told = grouped.setdefault((reason.code, words), _told(reason, words))
            told.numbers.append(checked.number or text)
    for told in grouped.values():
        if len(sent) > 1 and len(set(told.numbers)) == len(sent):
            told.numbers = []
    return {
        "flow": check.flow.label,
        "can_submit": all(checked.verdict.can_submit for checked in check.numbers) and not check.missing,
        "reasons": list(grouped.values()),
    }


def _words(reason: Reason, by: Actor) -> str:
    """Return a reason in words. A ticket of a queue in which an agent does not work is not named to that agent."""
    ticket = reason.facts.get("ticket")
    if ticket and not seen_by(by, str(ticket)):
        return _("Another ticket moves this number already.")
    return reason_text(reason.code, reason.facts)


def _told(reason: Reason, words: str) -> Told:
    steps = {"submit": _("stops filing"), "schedule": _("stops scheduling"), "start": _("stops the call")}
    stops = reason.severity == "block"
    return Told(
        words=words,
        step=steps[reason.blocks] if stops else _("worth knowing"),
        colour=("danger" if reason.refuses else "warning") if stops else "info",
        party=str(Party(reason.party).label),
        party_colour=PARTY_COLOURS.get(reason.party, ""),
    )
