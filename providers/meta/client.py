"""The Graph API calls of a number migration. The only code of the product that speaks to Meta.

Codes, PINs and the token travel in bodies and headers, never in an address, and are removed from whatever
leaves this module. Failures are raised outside the handlers of the HTTP library's exceptions, because those hold
the request, and an exception remembers the one during whose handling it was raised.
"""

import re
import ssl
from collections.abc import Iterator
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx2

from providers.meta import parse
from providers.meta.exchange import Exchange
from providers.meta.failures import MetaFailure, MetaRefused, MetaUnanswered, MetaUnreachable
from providers.meta.languages import meta_language
from providers.types import CodeMethod, NumberFacts, TemplateCopies, TemplateFacts, WabaFacts

__all__ = ["GRAPH_VERSION", "MetaClient", "MetaFailure", "MetaRefused", "MetaUnanswered", "MetaUnreachable"]

GRAPH_VERSION = "v25.0"
CONNECT_SECONDS = 5.0
PAGE_SIZE = 100
TEMPLATE_PAGE = 500
"""Most templates one call copies. Source: Meta, template migration."""
MAX_PAGES = 200  # 20,000 numbers; a guard against a list that never ends

_ID = re.compile(r"[0-9]{1,20}")
_SIX_DIGITS = re.compile(r"[0-9]{6}")


class MetaClient:
    """Speaks for one access token. Every method raises MetaRefused, MetaUnanswered or MetaUnreachable.

    Ids that are not numeric, and codes or PINs that are not six digits, raise ValueError before anything is sent;
    its text never repeats the value. Not retried here: whether a call may be repeated is the caller's decision.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: str,
        timeout_seconds: float = 15.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._http = httpx2.Client(
            base_url=f"{base_url.rstrip('/')}/{GRAPH_VERSION}/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds)),
            transport=transport,
            verify=_certificates(),
            follow_redirects=False,
            trust_env=False,  # no proxy of the environment may see tokens and codes
        )
        self._exchange = Exchange(self._http, token=token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def start_migration(self, *, waba_id: str, country_code: str, national_number: str) -> str:
        """Ask for a number at the destination WABA; return the new phone-number id it gets there.

        `country_code` and `national_number` are digits, without plus sign. The number goes on working at its source.
        Source: Meta, migrating phone numbers among solution partners programmatically, step 2.
        """
        body = {
            "cc": _digits(country_code, "country_code"),
            "phone_number": _digits(national_number, "national_number"),
            "migrate_phone_number": True,
        }
        answer = self._exchange.post("start_migration", f"{_digits(waba_id, 'waba_id')}/phone_numbers", body)
        return self._exchange.read("start_migration", parse.new_id, answer)

    def request_code(self, *, phone_number_id: str, method: CodeMethod, language: str) -> None:
        """Have the 6-digit code sent to the number; `language` is any of our codes ("pt-br") or Meta's ("pt_BR").

        Source: Meta, migrating phone numbers among solution partners programmatically, step 3.
        """
        body = {"code_method": CodeMethod(method).value, "language": meta_language(language)}
        self._exchange.act("request_code", f"{_digits(phone_number_id, 'phone_number_id')}/request_code", body)

    def verify_code(self, *, phone_number_id: str, code: str) -> None:
        """Prove ownership with the code that the number received; a code works once, for about ten minutes.

        Source: Meta, migrating phone numbers among solution partners programmatically, step 3.
        """
        path = f"{_digits(phone_number_id, 'phone_number_id')}/verify_code"
        self._exchange.act("verify_code", path, {"code": _six_digits(code, "code")}, secret=code)

    def register(self, *, phone_number_id: str, pin: str) -> None:
        """Register the number: the moment of cut-over. `pin` becomes its two-step PIN and switches two-step on again.

        Meta allows ten attempts per number in 72 hours. Source: Meta, registration.
        """
        path = f"{_digits(phone_number_id, 'phone_number_id')}/register"
        body = {"messaging_product": "whatsapp", "pin": _six_digits(pin, "pin")}
        self._exchange.act("register", path, body, secret=pin)

    def set_pin(self, *, phone_number_id: str, pin: str) -> None:
        """Give a registered number another two-step PIN; the old one is not asked for. Source: Meta, phone numbers."""
        path = _digits(phone_number_id, "phone_number_id")
        self._exchange.act("set_pin", path, {"pin": _six_digits(pin, "pin")}, secret=pin)

    def deregister(self, phone_number_id: str) -> None:
        """Take the number out of service; counts against the same limit as registering. Source: Meta, registration."""
        path = f"{_digits(phone_number_id, 'phone_number_id')}/deregister"
        self._exchange.act("deregister", path, {"messaging_product": "whatsapp"})

    def number_facts(self, phone_number_id: str) -> NumberFacts:
        """Read what Meta knows of one phone-number object."""
        path = _digits(phone_number_id, "phone_number_id")
        answer = self._exchange.get("number_facts", path, {"fields": ",".join(parse.NUMBER_FIELDS)})
        return self._exchange.read("number_facts", parse.number_facts, answer)

    def waba_facts(self, waba_id: str) -> WabaFacts:
        """Read what Meta knows of one WABA."""
        path = _digits(waba_id, "waba_id")
        answer = self._exchange.get("waba_facts", path, {"fields": ",".join(parse.WABA_FIELDS)})
        return self._exchange.read("waba_facts", parse.waba_facts, answer)

    def numbers_of(self, waba_id: str) -> list[NumberFacts]:
        """List every number of a WABA, all pages of it."""
        path = f"{_digits(waba_id, 'waba_id')}/phone_numbers"
        nodes = self._pages("numbers_of", path, fields=",".join(parse.NUMBER_FIELDS))
        return [self._exchange.read("numbers_of", parse.number_facts, node) for node in nodes]

    def subscribed_apps(self, waba_id: str) -> list[str]:
        """List the ids of the apps that receive the WABA's webhooks; a migration needs at least one."""
        nodes = self._pages("subscribed_apps", f"{_digits(waba_id, 'waba_id')}/subscribed_apps")
        return [self._exchange.read("subscribed_apps", parse.app_id, node) for node in nodes]

    def subscribe_app(self, waba_id: str) -> None:
        """Have the token's own app receive the WABA's webhooks; harmless when it does already."""
        self._exchange.act("subscribe_app", f"{_digits(waba_id, 'waba_id')}/subscribed_apps", {})

    def templates_of(self, waba_id: str) -> list[TemplateFacts]:
        """List every message template of a WABA, one entry a language, all pages of it.

        Source: Meta, message templates (fields name, language, status, category, quality_score, rejected_reason).
        """
        path = f"{_digits(waba_id, 'waba_id')}/message_templates"
        nodes = self._pages("templates_of", path, fields=",".join(parse.TEMPLATE_FIELDS))
        return [self._exchange.read("templates_of", parse.template_facts, node) for node in nodes]

    def migrate_templates(
        self, *, waba_id: str, source_waba_id: str, page_number: int, count: int = TEMPLATE_PAGE
    ) -> TemplateCopies:
        """Copy one page of the source's templates to the WABA `waba_id`; pages count from 0, `count` is at most 500.

        Only approved ones of good or unknown quality are copied, between accounts of one business; what is there stays as it is.
        Source: Meta, template migration.
        """
        if page_number < 0 or not 0 < count <= TEMPLATE_PAGE:
            raise ValueError("a page counts from 0 and has 1 to 500 templates")
        body = {
            "source_waba_id": _digits(source_waba_id, "source_waba_id"),
            "page_number": page_number,
            "count": count,
        }
        path = f"{_digits(waba_id, 'waba_id')}/migrate_message_templates"
        return self._exchange.read(
            "migrate_templates", parse.template_copies, self._exchange.post("migrate_templates", path, body)
        )

    def _pages(self, call: str, path: str, **query: str) -> Iterator[Any]:
        query["limit"] = str(PAGE_SIZE)
        for _ in range(MAX_PAGES):
            nodes, cursor = self._exchange.read(call, parse.page, self._exchange.get(call, path, query))
            yield from nodes
            if not cursor or cursor == query.get("after"):
                return
            query["after"] = cursor


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities trusted, read once: reading them takes longer than most calls."""
    return httpx2.create_ssl_context(trust_env=False)


def _digits(value: str, name: str) -> str:
    """Ids become part of an address, so nothing but digits passes."""
    if not _ID.fullmatch(value):
        raise ValueError(f"{name} must be digits")
    return value


def _six_digits(value: str, name: str) -> str:
    if not _SIX_DIGITS.fullmatch(value):
        raise ValueError(f"{name} must be six digits")
    return value
