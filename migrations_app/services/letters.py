"""The letter that the client sends to its old BSP: in the BSP's language, every fact filled in, to be copied or attached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from migrations_app.enums import RequirementCode, RequirementState
from migrations_app.models import MigrationCase, Requirement
from migrations_app.rules.hours import zone_of
from migrations_app.rules.lifecycle import MOVED
from migrations_app.rules.requirements import VALUE_CODES
from migrations_app.rules.wording import EACH_ON_A_LINE, letter_languages, mailto, wished_by
from migrations_app.services.message_facts import all_numbers, case_context, numbered
from migrations_app.services.rendering import day_in_words, known_language, language_name, render
from tickets.models import Ticket

TWO_STEP, IDENTIFIERS = "two_step", "waba_id"
_ASKED_OF_BSP = (RequirementState.UNMET, RequirementState.FAILED, RequirementState.REQUESTED)
Attachment = tuple[str, bytes, str]


@dataclass(frozen=True)
class Letter:
    """One letter in one language; `link` opens it as a mail to the BSP, empty where no address is known."""

    language: str
    title: str
    body: str
    file_name: str
    link: str

    @property
    def text(self) -> str:
        """The whole letter as it is put into a file."""
        return f"{self.title}\n\n{self.body}"

    @property
    def attachment(self) -> Attachment:
        """The letter as a file."""
        return self.file_name, self.text.encode(), "text/plain"


@dataclass(frozen=True)
class LetterWish:
    """What a letter is to be about; `language` is the client's, in which the files are named."""

    about: str
    numbers: Sequence[str]
    language: str


def letters_for(ticket: Ticket, case: MigrationCase, wish: LetterWish, *, now: datetime) -> list[Letter]:
    """Return the letter about these numbers; two of them, in the client's language and in English, for a BSP nobody knows."""
    bsp = case.current_bsp
    languages = letter_languages(known_language(bsp.letter_language) if bsp else None, known_language(wish.language))
    context = case_context(ticket, case) | numbered(list(wish.numbers))
    found = []
    for each in languages:
        facts = context | {"wished_by": wish_in_words(ticket, each, now)}
        title, body = render(wish.about, each, facts, folder="letters")
        name = _file_name(context["old_bsp_name"], wish.language, each if len(languages) > 1 else "")
        # A link has little room: what every BSP knows, Meta's procedure, is left out of its text.
        brief = render(wish.about, each, facts | {"brief": True}, folder="letters")[1]
        link = mailto(bsp.contact_email if bsp else "", title=title, body=brief)
        found.append(Letter(each, title, body, name, link))
    return found


def letters_now(ticket: Ticket, case: MigrationCase, *, now: datetime) -> list[Letter]:
    """Return the letter for what the old BSP still has to do, whoever asks for it; nothing when all of that is done."""
    rows = Requirement.objects.filter(case=case, state__in=_ASKED_OF_BSP).exclude(number__state__in=MOVED)
    two_step = rows.filter(code=RequirementCode.TWO_STEP_DISABLED).order_by("number__position")
    numbers = list(two_step.values_list("number__number", flat=True))
    if numbers:
        return letters_for(ticket, case, LetterWish(TWO_STEP, numbers, ticket.language), now=now)
    if rows.filter(code__in=VALUE_CODES).exists():
        return letters_for(ticket, case, LetterWish(IDENTIFIERS, all_numbers(case), ticket.language), now=now)
    return []


def wish_in_words(ticket: Ticket, language: str, now: datetime) -> str:
    """Return the day by which a request of now would like to be answered, in words."""
    return day_in_words(wished_by(now.astimezone(zone_of(ticket.timezone)).date()), language)


def _file_name(bsp: str, language: str, of_letter: str) -> str:
    with translation.override(known_language(language)):
        name = _("letter to %(bsp)s") % {"bsp": bsp}
    parts = [slugify(name, allow_unicode=True), of_letter]
    return "-".join(part for part in parts if part) + ".txt"


def letter_context(letters: Sequence[Letter], language: str) -> dict[str, Any]:
    """Return what a message to the client says of its letters."""
    foreign = len(letters) == 1 and letters[0].language != known_language(language)
    return {
        "letters": [{"title": letter.title, "body": letter.body.rstrip()} for letter in letters],
        "letter_language": language_name(letters[0].language, shown_in=language) if foreign else "",
        "two_letters": len(letters) > 1,
        "letter_link": letters[0].link if letters else "",
    }


def number_file(numbers: Iterable[str], language: str) -> list[Attachment]:
    """Return the numbers as a file where a message lists them in rows; nothing where each stands on its own line."""
    listed = list(numbers)
    if len(listed) <= EACH_ON_A_LINE:
        return []
    with translation.override(known_language(language)):
        name = slugify(_("phone numbers"), allow_unicode=True)
    return [(f"{name}.csv", "\r\n".join(["phone_number", *listed, ""]).encode(), "text/csv")]
