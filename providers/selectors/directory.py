"""Reading the BSP directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import ngettext

from providers.enums import ProcedureKind, RequestChannel, TimeUnit, TurnaroundOf
from providers.enums.texts import EXIT_TEXTS, GENERIC_STEPS, STEP_TEXTS
from providers.models import Bsp, BspName, HttpEndpoint
from providers.rules.listening import takes_partner_requests
from providers.rules.names import plain_name


def directory() -> QuerySet[Bsp]:
    """Return all BSPs by slug."""
    return Bsp.objects.order_by("slug")


def directory_with_learned_names() -> QuerySet[Bsp]:
    """Return all BSPs by slug, each with `learned`: the names that the desk has learned from tickets."""
    learned = BspName.objects.filter(learned=True).order_by("name")
    return directory().prefetch_related(Prefetch("names", queryset=learned, to_attr="learned"))


def bsps_like(bsps: QuerySet[Bsp], text: str) -> QuerySet[Bsp]:
    """Narrow BSPs to those with the text in a published name, ignoring case, accents and all blanks.

    Learned names are what clients wrote, so they are left out: nobody can find out by asking what others filed.
    """
    wanted = plain_name(text).replace(" ", "")
    # Some hundreds of names: comparing in Python treats SQLite and PostgreSQL alike.
    names = BspName.objects.filter(learned=False).values_list("bsp_id", "key")
    return bsps.filter(pk__in={bsp_id for bsp_id, key in names if wanted in key.replace(" ", "")})


def bsp_named(text: str) -> Bsp | None:
    """Return the BSP with this slug, name or alias, ignoring case, accents and surrounding blanks."""
    wanted = plain_name(text)
    return Bsp.objects.filter(names__key=wanted).first() if wanted else None


def hears_partners(bsp: Bsp | None) -> bool:
    """Tell whether we may turn to a BSP ourselves, by whatever channel."""
    return bsp is not None and takes_partner_requests(bsp.accepts_request_from)


def address_for_partner(bsp: Bsp | None) -> str:
    """Return the address at which a BSP takes requests from a partner like us; empty where it does not or none is known."""
    return bsp.contact_email if bsp is not None and hears_partners(bsp) else ""


def endpoint_for_partner(bsp: Bsp | None) -> HttpEndpoint | None:
    """Return the system of its own at which a BSP takes requests from a partner like us; None where it has none that works."""
    if bsp is None or not hears_partners(bsp) or bsp.http_endpoint_id is None:
        return None
    return HttpEndpoint.objects.filter(pk=bsp.http_endpoint_id, active=True).first()


_ON_THE_WEB = frozenset({RequestChannel.PORTAL, RequestChannel.IN_APP, RequestChannel.SUPPORT_TICKET})


def page_for_partner(bsp: Bsp | None) -> str:
    """Return the page on which a partner like us can ask a BSP; empty where it does not listen to us or none is known.

    Where a BSP takes requests on the web but its page is not known, it is the page on which its procedure was read.
    """
    if bsp is None or not hears_partners(bsp):
        return ""
    return bsp.contact_url or (bsp.source_url if bsp.channel in _ON_THE_WEB else "")


def documented_steps(bsp: Bsp | None) -> Sequence[str | Promise]:
    """Return a BSP's own documented steps for leaving it; nothing where only Meta's general procedure is known."""
    if bsp is None or bsp.procedure_kind != ProcedureKind.DOCUMENTED:
        return []
    return [STEP_TEXTS.get(step, step) for step in bsp.procedure]


@dataclass(frozen=True)
class Worded:
    """A code of the directory with its words in the active language; a lead's own words have the code `other`."""

    code: str
    text: str
    days: int | None = None


def procedure_of(bsp: Bsp) -> list[Worded]:
    """Return the steps for leaving a BSP, its own or Meta's general ones, in the active language."""
    steps = bsp.procedure or GENERIC_STEPS
    return [Worded(step if step in STEP_TEXTS else "other", str(STEP_TEXTS.get(step, step))) for step in steps]


def conditions_of(bsp: Bsp) -> list[Worded]:
    """Return what must hold before a number leaves a BSP, in the active language."""
    return [_condition(entry) for entry in bsp.exit_conditions]


def _condition(entry: dict[str, Any]) -> Worded:
    code, days = str(entry["code"]), entry.get("days")
    text = str(EXIT_TEXTS[code]) if code in EXIT_TEXTS else str(entry.get("text", code))
    return Worded(code, text % {"days": days} if days is not None else text, days)


def turnaround_text(bsp: Bsp) -> str:
    """Return the time that a BSP states, in the active language; empty where it states none."""
    if not bsp.turnaround_of:
        return ""
    return f"{TurnaroundOf(bsp.turnaround_of).label}: {_span(bsp.turnaround_least, bsp.turnaround_most, bsp.turnaround_unit)}"


def _span(least: Decimal | None, most: Decimal | None, unit: str) -> str:
    if most is None:
        return str(TimeUnit(unit).label)
    numbers = [number_format(value.normalize(), use_l10n=True) for value in (least, most) if value is not None]
    shown = {"amount": "–".join(numbers)}
    count = int(most)
    match unit:
        case TimeUnit.MINUTES:
            return ngettext("%(amount)s minute", "%(amount)s minutes", count) % shown
        case TimeUnit.HOURS:
            return ngettext("%(amount)s hour", "%(amount)s hours", count) % shown
        case TimeUnit.DAYS:
            return ngettext("%(amount)s day", "%(amount)s days", count) % shown
        case TimeUnit.WORKING_DAYS:
            return ngettext("%(amount)s working day", "%(amount)s working days", count) % shown
        case TimeUnit.WEEKS:
            return ngettext("%(amount)s week", "%(amount)s weeks", count) % shown
    return shown["amount"]
