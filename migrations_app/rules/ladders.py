"""The ladder: which message goes to whom, by which channel, in what order; and which ladder fits a case."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from migrations_app.enums import ChannelName
from migrations_app.enums.ladders import AtEnd, Demand, RungLanguage
from migrations_app.rules.channels import BEST
from tickets.enums import Party

HOURS_A_DAY = 9
"""What a business day of a ladder is worth in hours of working time."""
MOST_RUNGS = 20
REACHES: Mapping[Party, frozenset[str]] = {
    # A client has no web portal of its own; at a BSP nobody of ours has a phone or a chat.
    Party.CLIENT: frozenset({BEST, ChannelName.EMAIL, ChannelName.HTTP, ChannelName.PHONE, ChannelName.WHATSAPP}),
    Party.OLD_BSP: frozenset({BEST, ChannelName.EMAIL, ChannelName.HTTP, ChannelName.PORTAL}),
}
"""By which channels a party can be asked at all. The others are asked nothing."""
_TEXTS: Mapping[Demand, str] = {
    Demand.TWO_STEP: "two_step_",
    Demand.IDENTIFIERS: "waba_id_",
    Demand.REQUIREMENT: "requirement_",
    Demand.CLOSING: "closing_",
}
"""How the names of the texts begin that may stand in a ladder, by what it asks for."""


@dataclass(frozen=True)
class Step:
    """One rung: wait so many business days after the rung before, then send `message` to `recipient`.

    Hours of the wait are parts of a day here. A rung without a message ends the ladder.
    """

    index: int
    wait_business_days: float
    recipient: Party
    channel: str
    message: str
    language: RungLanguage = RungLanguage.RECIPIENT

    @property
    def escalates(self) -> bool:
        """Tell whether this rung ends the ladder instead of sending."""
        return not self.message


@dataclass(frozen=True)
class RungProblem:
    """What is wrong with a rung: its place from 0, the field of it, a code."""

    index: int
    field: str
    code: str


def parse_ladder(steps: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Return the rungs of a stored ladder, of whatever release: running chases keep what they started with.

    :raises ValueError: a rung lacks something or names an unknown party.
    """
    ladder: list[Step] = []
    for index, raw in enumerate(steps):
        message = str(raw.get("message", ""))
        if not message and not raw.get("escalate"):
            reason = f"rung {index + 1} has neither a message nor escalate: true"
            raise ValueError(reason)
        wait = float(raw.get("wait_business_days", 0)) + float(raw.get("wait_hours", 0)) / HOURS_A_DAY
        recipient = Party(raw.get("to", Party.CLIENT))
        language = RungLanguage(raw.get("language", RungLanguage.RECIPIENT))
        ladder.append(Step(index, wait, recipient, str(raw.get("channel", "email")), message, language))
    return ladder


def texts_for(demand: Demand, messages: Iterable[str]) -> list[str]:
    """Return which of these texts ask for such a thing; the general reminder names what is open, whatever it is."""
    return sorted(name for name in messages if name.startswith((_TEXTS[demand], _TEXTS[Demand.REQUIREMENT])))


def rung_problems(ladder: Sequence[Step], *, demand: Demand, messages: Collection[str]) -> list[RungProblem]:
    """Return why a ladder could not be climbed; nothing for one that can. `messages` are the texts that there are."""
    found = [problem for step in ladder[:MOST_RUNGS] for problem in _problems(step, demand, messages)]
    found += [
        RungProblem(step.index, "message", "end_in_the_middle")
        for step in ladder[:-1]
        if step.escalates and step.index < MOST_RUNGS
    ]
    if len(ladder) > MOST_RUNGS:
        found.append(RungProblem(MOST_RUNGS, "message", "too_many_rungs"))
    if all(step.escalates for step in ladder):
        found.append(RungProblem(0, "message", "no_rungs"))
    return found


def _problems(step: Step, demand: Demand, messages: Collection[str]) -> Iterator[RungProblem]:
    if step.wait_business_days < 0:
        yield RungProblem(step.index, "wait_business_days", "negative_wait")
    if step.escalates:
        return
    if step.message not in messages:
        yield RungProblem(step.index, "message", "unknown_message")
    elif step.message not in texts_for(demand, messages):
        yield RungProblem(step.index, "message", "message_of_another_demand")
    elif ("_bsp_" in step.message) != (step.recipient is Party.OLD_BSP):
        yield RungProblem(step.index, "message", "message_for_somebody_else")
    if step.channel not in REACHES.get(step.recipient, frozenset()):
        yield RungProblem(step.index, "channel", "cannot_reach")


# Climbing


@dataclass(frozen=True)
class Rung:
    """One rung of a timetable. Without a channel its recipient cannot be reached, and it is passed by without waiting."""

    step: Step
    channel: str
    at: datetime | None


Way = Callable[[Step], str]
"""By which channel a rung's recipient is reached; empty where it cannot be."""
Due = Callable[[Step, datetime, bool], datetime]
"""When a rung is due after a moment, by the channel that it is given; the flag: nothing of this round was sent before it."""


def timetable(
    ladder: Sequence[Step], *, after: int | None, start: datetime, way: Way, due: Due, opening: float | None = None
) -> Iterator[Rung]:
    """Yield the rungs that follow rung `after` (from the first when None), as if each left on time; the end is the last.

    `opening` replaces the wait of the first that is sent.
    """
    moment, first = start, after is None
    for step in ladder[0 if after is None else after + 1 :]:
        channel = "" if step.escalates else way(step)
        if not channel and not step.escalates:
            yield Rung(step, "", None)
            continue
        waiting = replace(step, channel=channel or step.channel)
        if opening is not None and not step.escalates:
            waiting = replace(waiting, wait_business_days=opening)
        moment = due(waiting, moment, first)
        yield Rung(step, channel, moment)
        first, opening = False, None
        if step.escalates:
            return


def next_rung(rungs: Iterable[Rung]) -> Rung | None:
    """Return the first rung of a timetable that is climbed; None at the end of the ladder."""
    return next((rung for rung in rungs if rung.at is not None), None)


def opening_wait(step: Step, *, alone: bool, beside_another: bool) -> float:
    """Return how long the first rung of a new chase waits, in business days.

    The first message of a ticket answers the filing at once: the only chase does not wait, and one that begins beside another
    leaves the first word to it, so that nobody gets two first mails in one minute.
    """
    if beside_another:
        return max(step.wait_business_days, 1)
    return 0 if alone else step.wait_business_days


# Which ladder


@dataclass(frozen=True)
class Wanted:
    """What a case needs a ladder for; `requirement` is a code, empty for the common list of what is open."""

    demand: Demand
    requirement: str = ""
    waba_owner: str = ""
    bsp: str = ""
    priority: str = ""


@dataclass(frozen=True)
class Candidate:
    """A ladder that may be chosen. An empty condition holds for every case."""

    slug: str
    demand: Demand
    requirement: str = ""
    waba_owner: str = ""
    bsp: str = ""
    priority: str = ""

    @property
    def general(self) -> bool:
        """Tell whether it has no conditions."""
        return not (self.bsp or self.priority or self.requirement or self.waba_owner)

    def fits(self, wanted: Wanted) -> bool:
        """Tell whether it asks for that and all its conditions hold."""
        pairs = (
            (self.bsp, wanted.bsp),
            (self.priority, wanted.priority),
            (self.requirement, wanted.requirement),
            (self.waba_owner, wanted.waba_owner),
        )
        return self.demand == wanted.demand and all(own in {"", asked} for own, asked in pairs)


def choose(wanted: Wanted, candidates: Iterable[Candidate], *, named: str = "") -> Candidate | None:
    """Return the ladder that is climbed: the playbook's own, else the most special one that fits; None when none does.

    A condition on the BSP goes before one on the priority, then the requirement, then the WABA's owner. Of two that are as
    special the first by slug.
    """
    offered = [candidate for candidate in candidates if candidate.demand == wanted.demand]
    own = next((candidate for candidate in offered if named and candidate.slug == named), None)
    if own is not None:
        return own
    fitting = (candidate for candidate in offered if candidate.fits(wanted))
    return min(
        fitting,
        key=lambda c: (not c.bsp, not c.priority, not c.requirement, not c.waba_owner, c.slug),
        default=None,
    )


def at_end(stored: Sequence[str]) -> frozenset[AtEnd]:
    """Return what happens at the end of a ladder; older ones say nothing and hand over to a person."""
    return frozenset(AtEnd(word) for word in stored if word in AtEnd.values) or frozenset({AtEnd.ESCALATE})
