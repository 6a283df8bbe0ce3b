"""The calls of the checks that follow a move: what is asked of Meta, and what it said. No transaction is open meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from migrations_app.enums.aftercare import CheckKind
from migrations_app.rules.templates import PAGE
from providers.models import MetaAccount
from providers.services import accounts, whatsapp
from providers.services.whatsapp import CallContext, Refused, Unanswered, problem_as_json
from providers.types import NumberFacts, TemplateCopies, TemplateFacts


@dataclass(frozen=True)
class Claimed:
    """A check that is ours to make, with everything that the calls need."""

    check_id: int
    kind: CheckKind
    account: MetaAccount
    context: CallContext
    phone_number_id: str = ""
    source_waba_id: str = ""
    moved: bool = False
    page: int = 0
    size: int = PAGE
    claimed_at: datetime | None = None


@dataclass(frozen=True)
class Heard:
    """What Meta said to a check; of a list None: that account is closed to us, or was not asked."""

    facts: NumberFacts | None = None
    apps: tuple[str, ...] = ()
    source: list[TemplateFacts] | None = None
    there: list[TemplateFacts] | None = None
    copies: TemplateCopies | None = None


@dataclass(frozen=True)
class Failed:
    """No answer or a refusal: what is kept of it, how long Meta asks us to wait, and whether waiting helps at all."""

    error: dict[str, Any] = field(default_factory=dict)
    wait: timedelta = timedelta(0)
    final: bool = False


def ask(claimed: Claimed) -> Heard | Failed:
    """Make the calls. No transaction is open."""
    try:
        return _CALLS[claimed.kind](claimed)
    except Refused as refusal:
        problem = refusal.problem
    except Unanswered as silence:
        return Failed({"key": "unanswered", "left": silence.left})
    wait = timedelta(seconds=problem.retry.seconds)
    return Failed(problem_as_json(problem), wait, final=problem.retry.kind == "never")


def _look(claimed: Claimed) -> Heard:
    facts = whatsapp.number_facts(
        account=claimed.account, phone_number_id=claimed.phone_number_id, context=claimed.context
    )
    apps = accounts.subscribed_apps(account=claimed.account, waba_id=claimed.account.waba_id, context=claimed.context)
    return Heard(facts=facts, apps=tuple(apps))


def _list_before(claimed: Claimed) -> Heard:
    """Read both accounts; an old one that our token may not see is no failure. Too many calls, or none answered, is."""
    source: list[TemplateFacts] | None = None
    if claimed.source_waba_id:
        try:
            source = _list(claimed, claimed.source_waba_id)
        except Refused as refusal:
            if refusal.problem.retry.kind != "never":
                raise
    there = None if claimed.moved else _list(claimed, claimed.account.waba_id)
    return Heard(source=source, there=there)


def _list(claimed: Claimed, waba_id: str) -> list[TemplateFacts]:
    return accounts.templates_of(account=claimed.account, waba_id=waba_id, context=claimed.context)


def _copy(claimed: Claimed) -> Heard:
    copies = accounts.copy_templates(
        account=claimed.account, waba_id=claimed.account.waba_id, source_waba_id=claimed.source_waba_id,
        page=claimed.page, count=claimed.size, context=claimed.context,
    )  # fmt: skip
    return Heard(copies=copies)


_CALLS: dict[CheckKind, Callable[[Claimed], Heard]] = {
    CheckKind.LIVE: _look,
    CheckKind.QUALITY: _look,
    CheckKind.TEMPLATES_BEFORE: _list_before,
    CheckKind.COPY: _copy,
    CheckKind.TEMPLATES: lambda claimed: Heard(there=_list(claimed, claimed.account.waba_id)),
}
