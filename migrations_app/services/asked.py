"""What each chase of a case asks for: fixed demands, the common list of what is open, single requirements with a ladder."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils import translation

from migrations_app.enums import Blocks, ChaseState, RequirementCode, RequirementState, Stage
from migrations_app.enums.ladders import Demand
from migrations_app.enums.texts import REQUIREMENT_TEXTS
from migrations_app.models import Chase, Ladder, MigrationCase, Requirement
from migrations_app.rules.asking import ASKED_APART, awaited
from migrations_app.rules.lifecycle import MOVED, SATISFIED
from migrations_app.rules.progress import ENDED, CaseFacts, RequirementFacts
from migrations_app.rules.requirements import CATALOGUE, CLOSING_CODES
from migrations_app.services.ladders import ladder_for, offered
from tickets.enums import Party
from tickets.models import Ticket

COVERS: dict[RequirementCode, frozenset[RequirementCode]] = {
    RequirementCode.TWO_STEP_DISABLED: frozenset({RequirementCode.TWO_STEP_DISABLED}),
    RequirementCode.WABA_ID: frozenset({RequirementCode.WABA_ID, RequirementCode.BUSINESS_MANAGER_ID}),
    RequirementCode.OLD_CONTRACT_CANCELLED: frozenset(CLOSING_CODES) - {RequirementCode.QUALITY_24H},
}
"""Which requirements one chase asks for together, by the code it is named after. The others stand in its `covers`."""

DEMANDS: dict[RequirementCode, Demand] = {
    RequirementCode.TWO_STEP_DISABLED: Demand.TWO_STEP,
    RequirementCode.WABA_ID: Demand.IDENTIFIERS,
    RequirementCode.OLD_CONTRACT_CANCELLED: Demand.CLOSING,
}
"""What the ladder of such a chase is for; all others are about further requirements."""

OPEN = frozenset({RequirementState.UNMET, RequirementState.FAILED})
"""States in which somebody is asked; what is requested, claimed or satisfied needs no reminder."""


def covered_by(chase: Chase) -> frozenset[RequirementCode]:
    """Return the codes that a chase asks for."""
    code = RequirementCode(chase.requirement_code)
    return frozenset(map(RequirementCode, chase.covers)) or COVERS.get(code, frozenset({code}))


@dataclass(frozen=True)
class Asking:
    """What one chase asks for now: the requirements in whatever state, and the ladder if it has to begin."""

    code: RequirementCode
    covered: frozenset[RequirementCode]
    rows: tuple[RequirementFacts, ...]
    chase: Chase | None
    ladder: Ladder | None = None
    fresh: bool = False
    """Something is asked for that this chase has not asked for before."""

    @property
    def states(self) -> set[RequirementState]:
        return {row.state for row in self.rows}


def asked_of(ticket: Ticket, case: MigrationCase, facts: CaseFacts, chases: Collection[Chase]) -> list[Asking]:
    """Return what every chase of a case asks for now, those that have to begin included. Nothing is written."""
    return [*_named(case, facts, chases), *_together(ticket, case, facts, chases)]


def _named(case: MigrationCase, facts: CaseFacts, chases: Collection[Chase]) -> list[Asking]:
    """Return what the chases of fixed demands ask for: two-step verification, identifiers, the closing reminders."""
    by_code = {chase.requirement_code: chase for chase in chases}
    found = []
    for code, covered in COVERS.items():
        over = case.stage in ENDED or (code == RequirementCode.OLD_CONTRACT_CANCELLED and case.stage != Stage.CLOSING)
        rows = () if over else tuple(row for row in facts.requirements if row.code in covered)
        found.append(Asking(code, covered, rows, by_code.get(code)))
    return found


def _together(ticket: Ticket, case: MigrationCase, facts: CaseFacts, chases: Collection[Chase]) -> list[Asking]:
    """Return what is asked for in the common list, and by the chases of single requirements with a ladder of their own.

    Which of them asks for a requirement is decided once, when it is first asked for: a running chase keeps what it has.
    """
    rows = awaited(facts)
    common = next((chase for chase in chases if chase.covers), None)
    own = {RequirementCode(chase.requirement_code): chase for chase in chases if not chase.covers}
    listed = covered_by(common) if common else frozenset()
    open_codes = {row.code for row in rows if row.state in OPEN}
    new = [code for code in CATALOGUE if code in open_codes and code not in listed and code not in own]
    apart: dict[RequirementCode, Ladder] = {}
    if new:
        ladders = offered()
        chosen = {c: ladder_for(Demand.REQUIREMENT, ticket, case, requirement=c, ladders=ladders) for c in new}
        apart = {code: ladder for code, ladder in chosen.items() if ladder is not None and ladder.requirement == code}
    added = frozenset(new) - set(apart)
    found = [_common(rows, listed | added, common, fresh=bool(added))] if common or added else []
    for code in CATALOGUE:
        if code in apart or (code in own and code not in COVERS):
            mine = tuple(row for row in rows if row.code == code)
            found.append(Asking(code, frozenset({code}), mine, own.get(code), apart.get(code)))
    return found


def _common(
    rows: Collection[RequirementFacts], listed: frozenset[RequirementCode], chase: Chase | None, *, fresh: bool
) -> Asking:
    """Return what the common list asks for. It is named after the first code that is open, so that it says what is missing."""
    mine = tuple(row for row in rows if row.code in listed)
    still_open = {row.code for row in mine if row.state in OPEN}
    named = RequirementCode(chase.requirement_code) if chase else None
    code = named if named in still_open else next((each for each in CATALOGUE if each in still_open), named)
    assert code is not None  # noqa: S101  (a list without a chase has something open)
    return Asking(code, listed, mine, chase, fresh=fresh)


def take_in(chase: Chase, asking: Asking) -> bool:
    """Let a common list follow what is open; tell whether it asks for something new, with nothing left of what it asked for.

    While the list is being reminded of anyway, a further line of it changes nothing.
    """
    if not chase.covers:
        return False
    before = set(chase.covers)
    covers = [code.value for code in CATALOGUE if code in asking.covered]
    if (chase.requirement_code, chase.covers) != (asking.code, covers):
        Chase.objects.filter(pk=chase.pk).update(requirement_code=asking.code, covers=covers)
        chase.requirement_code, chase.covers = asking.code, covers
    goes_on = any(row.code in before and row.state in OPEN for row in asking.rows)
    if chase.state == ChaseState.ACTIVE:
        return asking.fresh and not goes_on
    return asking.fresh or chase.state == ChaseState.SATISFIED


def open_items(case: MigrationCase, chase: Chase, language: str) -> list[str]:
    """Return what a chase's message lists as missing, in words; those of a common list say how it is done.

    The common list names everything that is open, so that nobody is asked in slices. What is only promised or claimed is
    named when nothing else is left.
    """
    rows = _open_rows(case, chase)
    with translation.override(language):
        return [_item(code, rows, case) for code in dict.fromkeys(row.code for row in rows)]


def open_titles(case: MigrationCase, chase: Chase, language: str) -> list[str]:
    """Return what a chase's message asks for, by its titles alone."""
    with translation.override(language):
        return list(dict.fromkeys(str(REQUIREMENT_TEXTS[row.code][0]) for row in _open_rows(case, chase)))


def _open_rows(case: MigrationCase, chase: Chase) -> list[Requirement]:
    unsettled = Requirement.objects.filter(case=case).exclude(state__in=SATISFIED).exclude(number__state__in=MOVED)
    rows = list(unsettled.select_related("number").order_by("id"))
    listed = _listed(case, chase, rows)
    chosen = [row for row in rows if row.code in listed and row.state in OPEN]
    return chosen or [row for row in rows if row.code in covered_by(chase)]


def _listed(case: MigrationCase, chase: Chase, rows: Collection[Requirement]) -> set[str]:
    codes: set[str] = set(covered_by(chase))
    if chase.covers:
        stopped = set(Chase.objects.filter(case=case).exclude(stopped_by="").values_list("requirement_code", flat=True))
        further = {
            row.code for row in rows if row.owner != Party.ONBOARDING and row.blocks in {Blocks.SCHEDULE, Blocks.START}
        }
        codes |= further - ASKED_APART - stopped
    return codes


def _item(code: str, rows: Collection[Requirement], case: MigrationCase) -> str:
    title, advice = (str(words) for words in REQUIREMENT_TEXTS[code])
    if RequirementCode(code) in CLOSING_CODES or RequirementCode(code) in ASKED_APART:
        return title
    numbers = [row.number.number for row in rows if row.code == code and row.number]
    if numbers and len(numbers) < case.numbers.count():
        title = f"{title} ({', '.join(numbers)})"
    return f"{title}: {advice}"
