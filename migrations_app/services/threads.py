"""A message's place in its conversation: its own name, what it follows, where answers go."""

from dataclasses import replace
from uuid import uuid4

from django.conf import settings

from migrations_app.models import Chase, ChaseAttempt
from migrations_app.rules.wording import OWN_SUBJECT
from migrations_app.services.chases import new_reply_token
from providers.enums import ChannelKind
from providers.models import Exchange
from providers.selectors.exchanges import conversation
from providers.types import OutboundMessage

_AGAIN = "Re: "
_OWN_TITLE = frozenset(f"chase.{name}" for name in OWN_SUBJECT)


def new_key() -> str:
    """Return a name for a message that nobody can guess."""
    return uuid4().hex


def threaded(message: OutboundMessage, *, chase: Chase | None, key: str, own_title: bool = False) -> OutboundMessage:
    """Return the message with its Message-ID, the earlier messages of its chase to the same recipient, and the way for answers.

    Later messages keep the subject of the first one: without that, mail programs begin a new conversation. `own_title`: not
    this one, because the first one's subject would say the contrary of what it says. A message without
    a chase begins one of its own; answers to it are known by the Message-ID that they name.
    """
    named = replace(message, message_id=f"<{key}@{settings.MAIL_DOMAIN}>", reply_to=_answers_to(chase))
    if chase is None:
        return named
    sent = ChaseAttempt.objects.filter(chase=chase, exchange__channel=ChannelKind.EMAIL)
    earlier = conversation(sent.values_list("exchange_id", flat=True), recipient=message.recipient)
    others = [row for row in earlier if row.message_id != named.message_id]
    names = tuple(dict.fromkeys(map(_name_there, others)))
    return replace(named, references=names, title=message.title if own_title else _title(message, others), nudge=True)


def _name_there(row: Exchange) -> str:
    """Return the Message-ID by which the recipient knows a message: a provider may have put its own in the place of ours."""
    return f"<{row.provider_id.strip('<>')}>" if "@" in row.provider_id else row.message_id


def _title(message: OutboundMessage, earlier: list[Exchange]) -> str:
    naming = [row for row in earlier if row.purpose not in _OWN_TITLE]
    if not naming or naming[0].language != message.language:
        return message.title
    return _AGAIN + naming[0].title.removeprefix(_AGAIN)


def _answers_to(chase: Chase | None) -> str:
    """Return the address to which answers come; empty where this installation receives none."""
    domain = settings.CHASE_REPLY_DOMAIN
    if not domain:
        return ""
    return f"chase+{_token(chase)}@{domain}" if chase else f"chase@{domain}"


def _token(chase: Chase) -> str:
    """Return the secret part of a chase's address; one from before there were such addresses gets it now."""
    if not chase.reply_token:
        chase.reply_token = new_reply_token()
        Chase.objects.filter(pk=chase.pk).update(reply_token=chase.reply_token)
    return chase.reply_token
