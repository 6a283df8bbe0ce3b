"""A message's place in its conversation: its own name, what it follows, where answers go."""

from base64 import b32encode
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_bytes
from uuid import uuid4

from django.conf import settings

from migrations_app.models import Chase, ChaseAttempt
from migrations_app.rules.wording import OWN_SUBJECT
from providers.enums import ChannelKind
from providers.models import Exchange
from providers.selectors.exchanges import conversation
from providers.services.outreach import capabilities_of
from providers.types import OutboundMessage

_AGAIN = "Re: "
_OWN_TITLE = frozenset(f"chase.{name}" for name in OWN_SUBJECT)


def new_reply_token() -> str:
    """Return what makes the address for answers hard to guess: 128 bits, in letters that any mail server keeps as they are."""
    return b32encode(token_bytes(16)).decode().rstrip("=").lower()


def new_key() -> str:
    """Return a name for a message that nobody can guess."""
    return uuid4().hex


@dataclass(frozen=True)
class Place:
    """Where a message belongs: its chase, the key of its name, when it is claimed. `own_title`: it keeps its own subject."""

    chase: Chase | None
    key: str
    at: datetime
    own_title: bool = False


def named(message: OutboundMessage, *, channel: str, place: Place) -> OutboundMessage:
    """Return the message with the name by which its receiver knows it; a mail also continues its conversation."""
    message = replace(message, at=place.at)
    if not capabilities_of(channel).threads:
        return replace(message, message_id=f"msg_{place.key}")
    return threaded(message, chase=place.chase, key=place.key, own_title=place.own_title)


def threaded(message: OutboundMessage, *, chase: Chase | None, key: str, own_title: bool = False) -> OutboundMessage:
    """Return the message with its Message-ID, the earlier messages of its chase to the same recipient, and the way for answers.

    Later messages keep the subject of the first one: without that, mail programs begin a new conversation. `own_title`: not
    this one, because the first one's subject would say the contrary of what it says. A message without
    a chase begins one of its own; answers to it are known by the Message-ID that they name.
    """
    own = replace(message, message_id=f"<{key}@{settings.MAIL_DOMAIN}>", reply_to=_answers_to(chase))
    if chase is None:
        return own
    sent = ChaseAttempt.objects.filter(chase=chase, exchange__channel=ChannelKind.EMAIL)
    earlier = conversation(sent.values_list("exchange_id", flat=True), recipient=message.recipient)
    others = [row for row in earlier if row.message_id != own.message_id]
    names = tuple(dict.fromkeys(map(_name_there, others)))
    title = message.title if own_title else _title(message, others)
    return replace(own, references=names, title=title, nudge=True)


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
