"""The only door to Meta: a row before every call and its outcome after. No transaction is open meanwhile.

Codes and PINs pass through as arguments and are forgotten; neither rows nor exceptions ever hold them.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.conf import settings

from config.core.actor import Actor
from config.core.uow import unit_of_work
from providers.enums import ExchangeState
from providers.meta.client import GRAPH_VERSION, MetaClient, MetaRefused, MetaUnanswered, MetaUnreachable
from providers.models import MetaAccount
from providers.selectors.exchanges import subject_of
from providers.services import exchanges, sandbox
from providers.services.tokens import token_of
from providers.types import CodeMethod, MetaProblem, NumberFacts

Answer = TypeVar("Answer")

START, REQUEST_CODE, VERIFY_CODE, REGISTER, SET_PIN, READ, SUBSCRIBE, COPY_TEMPLATES = (
    "meta.start",
    "meta.request_code",
    "meta.verify_code",
    "meta.register",
    "meta.set_pin",
    "meta.read",
    "meta.subscribe_app",
    "meta.copy_templates",
)
"""Purposes of exchanges, by which attempts are counted."""

API_VERSION = GRAPH_VERSION
"""The version of the Graph API that we speak: what integrators are told."""


class Refused(Exception):
    """Meta answered with an error."""

    def __init__(self, problem: MetaProblem) -> None:
        super().__init__(problem.key)
        self.problem = problem


class Unanswered(Exception):
    """No answer came. `left`: the request may have taken effect; read the number before repeating anything."""

    def __init__(self, *, left: bool) -> None:
        super().__init__("unanswered")
        self.left = left


@dataclass(frozen=True)
class CallContext:
    """For whom and about what a call is made; `number` is the E.164 number by which attempts are counted.

    Calls of a test ticket go to its sandbox, never to the Graph API, and count for its own limits alone.
    """

    number: str
    ticket_reference: str
    test: bool
    by: Actor
    now: datetime

    @property
    def subject(self) -> str:
        """Under what the call is counted in the log."""
        return subject_of(self.number, self.ticket_reference if self.test else "")


def _client(account: MetaAccount | None, context: CallContext) -> MetaClient:
    if context.test:
        return sandbox.client_for(context.ticket_reference, by=context.by, now=context.now)
    return MetaClient(
        base_url=settings.META_BASE_URL, token=token_of(account), timeout_seconds=settings.META_TIMEOUT_SECONDS
    )


def _begin(purpose: str, target: str, context: CallContext) -> int:
    """Write and commit the row of a call that is about to leave, and return its id."""
    with unit_of_work(by=context.by, now=context.now):
        row = exchanges.begin_meta_call(
            purpose=purpose,
            subject_key=context.subject,
            ticket_reference=context.ticket_reference,
            test=context.test,
            target=target,
            now=context.now,
        )
    return row.pk


def call(
    purpose: str, target: str, context: CallContext, account: MetaAccount | None, act: Callable[[MetaClient], Answer]
) -> Answer:
    """Log, call, log. Only the modules beside this one come here; others use the functions with names.

    :raises Refused: Meta said no.
    :raises Unanswered: nobody knows, or nothing left.
    """
    exchange_id = _begin(purpose, target, context)
    started = time.monotonic()

    def finish(state: ExchangeState, error: dict[str, object] | None = None) -> None:
        elapsed = int((time.monotonic() - started) * 1000)
        exchanges.finish(
            exchange_id=exchange_id, state=state, by=context.by, now=context.now, error=error, elapsed_ms=elapsed
        )

    refusal: Refused | Unanswered
    try:
        with _client(account, context) as client:
            answer = act(client)
    except MetaRefused as error:
        finish(ExchangeState.FAILED, problem_as_json(error.problem))
        refusal = Refused(error.problem)
    except MetaUnreachable as error:
        finish(ExchangeState.FAILED, {"key": "unreachable", "reason": error.reason})
        refusal = Unanswered(left=False)
    except MetaUnanswered as error:
        finish(ExchangeState.UNKNOWN, {"key": "unanswered", "reason": error.reason})
        refusal = Unanswered(left=True)
    else:
        finish(ExchangeState.SENT)
        return answer
    # Raised outside the handlers: an exception remembers the one it was raised in, and that one may hold a request.
    raise refusal


def problem_as_json(problem: MetaProblem) -> dict[str, object]:
    """Return what is kept of Meta's refusal: our key, Meta's code, its words and the trace id its support asks for."""
    return {
        "key": problem.key,
        "code": problem.code,
        "message": problem.message,
        "details": problem.details,
        "fbtrace_id": problem.fbtrace_id,
        "title": problem.title,
        "what_to_do": problem.what_to_do,
    }


def start_migration(
    *, account: MetaAccount | None, waba_id: str, country_code: str, national_number: str, context: CallContext
) -> str:
    """Ask Meta to begin moving a number to the destination and return its new phone-number id.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    return call(
        START, waba_id, context, account,
        lambda c: c.start_migration(waba_id=waba_id, country_code=country_code, national_number=national_number),
    )  # fmt: skip


def request_code(
    *, account: MetaAccount | None, phone_number_id: str, voice: bool, language: str, context: CallContext
) -> None:
    """Have the 6-digit code sent to the number.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    method = CodeMethod.VOICE if voice else CodeMethod.SMS
    call(
        REQUEST_CODE, phone_number_id, context, account,
        lambda c: c.request_code(phone_number_id=phone_number_id, method=method, language=language),
    )  # fmt: skip


def verify_code(*, account: MetaAccount | None, phone_number_id: str, code: str, context: CallContext) -> None:
    """Prove ownership with the code that the client read out.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    call(
        VERIFY_CODE,
        phone_number_id,
        context,
        account,
        lambda c: c.verify_code(phone_number_id=phone_number_id, code=code),
    )


def register(*, account: MetaAccount | None, phone_number_id: str, pin: str, context: CallContext) -> None:
    """Cut the number over; `pin` becomes its new two-step PIN.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    call(REGISTER, phone_number_id, context, account, lambda c: c.register(phone_number_id=phone_number_id, pin=pin))


def set_pin(*, account: MetaAccount | None, phone_number_id: str, pin: str, context: CallContext) -> None:
    """Give a registered number another two-step PIN.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    call(SET_PIN, phone_number_id, context, account, lambda c: c.set_pin(phone_number_id=phone_number_id, pin=pin))


def number_facts(*, account: MetaAccount | None, phone_number_id: str, context: CallContext) -> NumberFacts:
    """Read what Meta knows of the number.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    return call(READ, phone_number_id, context, account, lambda c: c.number_facts(phone_number_id))


def find_number(
    *, account: MetaAccount | None, waba_id: str, forms: Collection[str], context: CallContext
) -> str | None:
    """Return the id under which the destination already holds a number, by reading its list; None when it does not.

    `forms` are all the E.164 forms in which the number may be in use: Meta may alter Brazilian and Mexican prefixes.
    This is how a lost answer to `start_migration` is resolved before anything is repeated.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    digits = {form.lstrip("+") for form in forms}
    for facts in call(READ, waba_id, context, account, lambda c: c.numbers_of(waba_id)):
        if "".join(filter(str.isdigit, facts.display_phone_number)) in digits:
            return facts.id
    return None


def holds_object(*, account: MetaAccount | None, waba_id: str, phone_number_id: str, context: CallContext) -> bool:
    """Tell whether the destination's list still has a phone-number object.

    Reading the object itself could not tell one that is gone from one that our token may not see.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    rows = call(READ, waba_id, context, account, lambda c: c.numbers_of(waba_id))
    return any(facts.id == phone_number_id for facts in rows)
