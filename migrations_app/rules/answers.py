"""What an incoming mail is, and to which chase it belongs. Plain values in, plain values out.

Sources: RFC 3834 (automatic replies), RFC 3464 (delivery reports), and what mail systems in use really send.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from migrations_app.enums.mail import MatchedBy
from migrations_app.rules.mails import Mail

_TOKEN = re.compile(r"^chase\+([a-z2-7]{26})@", re.IGNORECASE)
_REFERENCE = re.compile(r"\bMIG-[0-9A-Z]{8}\b", re.IGNORECASE)


class MailKind(StrEnum):
    """What a mail is."""

    ANSWER = "answer"
    AUTO_REPLY = "auto_reply"
    REPORT = "report"


# Whether a person wrote it -------------------------------------------------------------------------------------------

_DAEMON = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|bounces?|mdaemon)\b", re.IGNORECASE)
_UNDELIVERED = re.compile(
    r"undeliver|delivery (?:status|has failed|failure|incomplete)|returned mail|mail delivery (?:failed|system)"
    r"|failure notice|no se (?:ha )?(?:podido|pudo) entregar|não foi (?:possível )?entreg|не (?:может быть|было) доставлен"
    r"|недоставлен|no s'ha pogut lliurar",
    re.IGNORECASE,
)
_AUTOMATIC_SUBJECT = re.compile(
    r"^\s*(?:auto(?:matic)?[- ]?(?:reply|response|réponse)|autoreply"
    r"|out of (?:the )?office|ooo\b|on (?:vacation|leave)"
    r"|respuesta autom[áa]tica|fuera de (?:la )?oficina|de vacaciones|resposta autom[áa]tica|fora do escrit[óo]rio|de f[ée]rias"
    r"|ausência (?:tempor[áa]ria|do escrit[óo]rio)|автоматический ответ|автоответ|вне офиса|в отпуске|нет на месте"
    r"|fora de l.oficina|de vacances|absent de l.oficina)",
    re.IGNORECASE,
)
_ACKNOWLEDGED = re.compile(
    r"(?:we (?:have )?(?:received|got) your|your (?:request|message|ticket) (?:\S+ )?(?:has been|was) (?:received|created)"
    r"|(?:hemos )?recib(?:ido|imos) (?:su|tu)|su solicitud (?:ha sido|fue) (?:recibida|creada)|recebemos (?:a |o )?(?:sua|seu)"
    r"|sua solicitação foi (?:recebida|criada)|(?:мы )?получили ваш|ваш[еа]? (?:запрос|заявка|обращение) (?:получен|создан|принят)"
    r"|hem rebut (?:la |el )?(?:vostr|seu|seva))",
    re.IGNORECASE,
)
_HELP_DESKS = (
    "x-zendesk",
    "x-zd-",
    "x-freshdesk",
    "x-fd-",
    "x-jira",
    "x-hubspot",
    "x-intercom",
    "x-gorgias",
    "x-sfdc",
    "x-otrs",
)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})


def kind_of(mail: Mail, *, no_return_path: bool = False) -> MailKind:
    """Return what a mail is. `no_return_path`: its envelope says that nobody may answer it.

    Help desks mark what their agents write as generated, too: such a mail is an answer unless it only says that ours came.
    """
    nobody = no_return_path or mail.header("return-path").strip() == "<>"
    if mail.is_report and mail.reports:
        return MailKind.REPORT
    if (_DAEMON.match(mail.sender) or nobody) and _UNDELIVERED.search(mail.subject):
        return MailKind.REPORT
    if signs_of_machine(mail) or _DAEMON.match(mail.sender) or (nobody and not _from_help_desk(mail)):
        return MailKind.AUTO_REPLY
    return MailKind.ANSWER


def signs_of_machine(mail: Mail) -> bool:
    """Tell whether a mail says of itself that no person wrote it just now."""
    submitted = mail.header("auto-submitted").split(";")[0].strip().lower()
    if submitted == "auto-replied" or _AUTOMATIC_SUBJECT.match(mail.subject):
        return True
    if any(mail.header(name) not in {"", "no"} for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return True
    weak = submitted not in {"", "no"} or mail.header("precedence").strip().lower() in _BULK
    if weak or mail.header("x-auto-response-suppress"):
        return not _from_help_desk(mail) or _ACKNOWLEDGED.search(f"{mail.subject}\n{mail.text[:1500]}") is not None
    return False


def _from_help_desk(mail: Mail) -> bool:
    return any(name.startswith(_HELP_DESKS) for name in mail.headers) or "zendesk" in mail.header("x-mailer").lower()


# Delivery reports ----------------------------------------------------------------------------------------------------

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SMTP = re.compile(r"\b([45])\d\d[ -]")
_FOR_GOOD = re.compile(
    r"(?:user|mailbox|address|recipient)\S*(?: \S+){0,3} (?:unknown|not found|does not exist|unavailable|disabled|rejected)"
    r"|no such (?:user|mailbox|recipient)|permanent (?:error|failure)|fatal error",
    re.IGNORECASE,
)
_QUOTED_ID = re.compile(r"message-id:\s*<([^<>\s]{3,500})>", re.IGNORECASE)


@dataclass(frozen=True)
class Report:
    """What a delivery report says of a message of ours. `delayed`: it is still being tried, nothing has failed."""

    message_ids: tuple[str, ...] = ()
    recipient: str = ""
    permanent: bool = False
    delayed: bool = False
    delivered: bool = False
    status: str = ""


def report_of(mail: Mail) -> Report:
    """Return what a delivery report says; one without a machine-readable part is read as a person would."""
    failed = [block for block in mail.reports if "action" in block]
    block = next((each for each in failed if each["action"].strip().lower() == "failed"), failed[0] if failed else {})
    text = f"{mail.subject}\n{mail.text[:20_000]}"
    status = _STATUS.search(block.get("status", "")) or _STATUS.search(text)
    action = block.get("action", "failed").strip().lower()
    if status is not None:
        permanent = status[1] == "5"
    else:
        reply = _SMTP.search(text)
        permanent = (reply is not None and reply[1] == "5") or _FOR_GOOD.search(text) is not None
    recipient = (block.get("final-recipient") or block.get("original-recipient") or "").split(";")[-1].strip().lower()
    original = [each.get("original-message-id", "") for each in mail.reports]
    return Report(
        message_ids=tuple(dict.fromkeys([
            *(found.strip("<> ") for found in original if found),
            *_QUOTED_ID.findall(mail.quoted),
            *_QUOTED_ID.findall(mail.text),
            *mail.answers,
        ])),
        recipient=recipient[:320],
        permanent=permanent and action == "failed",
        delayed=action == "delayed",
        delivered=action in {"delivered", "relayed", "expanded"},
        status=status[0] if status else "",
    )  # fmt: skip


# To which chase it belongs -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Traces:
    """What in a mail may lead to a ticket, in the order in which it is believed."""

    tokens: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a mail belongs: a ticket and, where one asked, its chase."""

    ticket_id: int
    chase_id: int | None = None


@dataclass(frozen=True)
class Known:
    """What the desk knows of a mail's traces. `senders` are the addresses known on a ticket, in lower case."""

    tokens: Mapping[str, Place] = field(default_factory=dict)
    message_ids: Mapping[str, Place] = field(default_factory=dict)
    references: Mapping[str, Place] = field(default_factory=dict)
    senders: Mapping[int, Collection[str]] = field(default_factory=dict)


def traces_of(mail: Mail, *, also_to: Sequence[str] = ()) -> Traces:
    """Return what in a mail may lead to a ticket; `also_to` are addresses it was really delivered to."""
    recipients = [*also_to, *mail.recipients]
    found = [match[1].lower() for address in recipients if (match := _TOKEN.match(address.strip()))]
    references = [reference.upper() for reference in _REFERENCE.findall(mail.subject)]
    return Traces(tuple(dict.fromkeys(found)), mail.answers, tuple(dict.fromkeys(references)))


def match(traces: Traces, known: Known, *, sender: str) -> tuple[MatchedBy, Place] | None:
    """Return where a mail belongs and why; None when nobody can tell.

    The address of a chase is a secret, and so is a Message-ID of ours: who answers to them has our message. A reference is
    none: it counts only from an address that is known on that very ticket.
    """
    for token in traces.tokens:
        if token in known.tokens:
            return MatchedBy.TOKEN, known.tokens[token]
    for message_id in traces.message_ids:
        if message_id in known.message_ids:
            return MatchedBy.THREAD, known.message_ids[message_id]
    for reference in traces.references:
        place = known.references.get(reference)
        if place is not None and sender and sender.lower() in known.senders.get(place.ticket_id, ()):
            return MatchedBy.REFERENCE, place
    return None
