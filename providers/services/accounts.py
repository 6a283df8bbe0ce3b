"""Reading and setting up accounts at Meta: their facts, apps and templates. Every call is logged as those of numbers are.

`context.number` names what the call is about in the log: a number, or `waba:<id>` where it is about the account alone.
"""

from datetime import datetime

from config.core.actor import Actor
from providers.models import MetaAccount
from providers.services.whatsapp import COPY_TEMPLATES, READ, SUBSCRIBE, CallContext, call
from providers.types import TemplateCopies, TemplateFacts, WabaFacts


def account_context(account: MetaAccount, *, by: Actor, now: datetime) -> CallContext:
    """Return for whom a call about an account is made that belongs to no ticket."""
    return CallContext(f"waba:{account.waba_id}", "", test=False, by=by, now=now)


def waba_facts(*, account: MetaAccount | None, waba_id: str, context: CallContext) -> WabaFacts:
    """Read what Meta knows of an account.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    return call(READ, waba_id, context, account, lambda c: c.waba_facts(waba_id))


def subscribed_apps(*, account: MetaAccount | None, waba_id: str, context: CallContext) -> list[str]:
    """Return the ids of the apps that receive an account's webhooks.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    return call(READ, waba_id, context, account, lambda c: c.subscribed_apps(waba_id))


def subscribe_app(*, account: MetaAccount | None, waba_id: str, context: CallContext) -> None:
    """Have the token's own app receive an account's webhooks; harmless when it does already.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer.
    """
    call(SUBSCRIBE, waba_id, context, account, lambda c: c.subscribe_app(waba_id))


def templates_of(*, account: MetaAccount | None, waba_id: str, context: CallContext) -> list[TemplateFacts]:
    """Return all templates of an account, one entry a language.

    :raises Refused: Meta said no, e.g. because our token may not see an old provider's account.
    :raises Unanswered: no answer.
    """
    return call(READ, waba_id, context, account, lambda c: c.templates_of(waba_id))


def copy_templates(
    *, account: MetaAccount | None, waba_id: str, source_waba_id: str, page: int, count: int, context: CallContext
) -> TemplateCopies:
    """Have Meta copy one page of the source's templates to the account `waba_id`.

    :raises Refused: Meta said no.
    :raises Unanswered: no answer; what was copied is seen in the account's list, so that asking again does no harm.
    """
    return call(
        COPY_TEMPLATES, waba_id, context, account,
        lambda c: c.migrate_templates(waba_id=waba_id, source_waba_id=source_waba_id, page_number=page, count=count),
    )  # fmt: skip
