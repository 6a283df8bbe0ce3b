"""Reading the exchange log."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Lower

from providers.enums import ChannelKind, ExchangeState
from providers.models import Exchange


def subject_of(number: str, test_reference: str = "") -> str:
    """Return under what the calls about a number (E.164) are counted: those of a test ticket, by its reference, for themselves."""
    return f"test:{test_reference}:{number}" if test_reference else number


def may_have_happened(*, purpose: str, target: str) -> bool:
    """Tell whether a call to Meta about an object was begun whose end nobody knows: no answer, or its process died."""
    in_doubt = [ExchangeState.SENDING, ExchangeState.UNKNOWN]
    return Exchange.objects.filter(purpose=purpose, recipient=target, state__in=in_doubt).exists()


def exchange_of_message(message_id: str) -> Exchange | None:
    """Return the newest message that left under this name: our Message-ID or the one a mail provider gave it.

    Angle brackets may be missing. Amazon's SES writes `<id@region.amazonses.com>` where it told us `id`.
    """
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    if not bare:
        return None
    names = [bare, f"<{bare}>", *([bare.partition("@")[0]] if bare.endswith("amazonses.com") else [])]
    rows = Exchange.objects.filter(Q(message_id__in=names) | Q(provider_id__in=names))
    return rows.order_by("-id").first()


def conversation(exchange_ids: Iterable[int], *, recipient: str) -> list[Exchange]:
    """Return those of the exchanges which may have reached a recipient, oldest first."""
    rows = Exchange.objects.filter(
        pk__in=exchange_ids, recipient=recipient, state__in=[ExchangeState.SENT, ExchangeState.UNKNOWN]
    )
    return list(rows.exclude(message_id="").order_by("id"))


def left_for(address: str, *, since: datetime, until: datetime) -> int:
    """Return how many mails have left, or may have left, for an address within a time; `address` is in lower case."""
    rows = Exchange.objects.alias(to=Lower("recipient")).filter(
        to=address, test=False, channel=ChannelKind.EMAIL, created_at__gte=since, created_at__lt=until
    )
    return rows.exclude(state=ExchangeState.FAILED).count()


def tried_at(*, subject_keys: Collection[str], purpose: str, since: datetime) -> list[tuple[str, datetime]]:
    """Return (subject, moment) of the calls of one purpose that reached Meta, or may have, since a moment."""
    rows = Exchange.objects.filter(subject_key__in=subject_keys, purpose=purpose, created_at__gt=since)
    rows = rows.exclude(state=ExchangeState.FAILED, error__key="unreachable")
    return list(rows.order_by("created_at").values_list("subject_key", "created_at"))
