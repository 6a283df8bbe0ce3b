"""One organization with everything it can have, and the address of every route that leads to a part of it.

A new route with a parameter is tried by the sweep as soon as it has a sample here; until then the sweep fails and says so.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern

from config.api_urls import urlpatterns
from config.core.api.views import ApiView
from migrations_app.enums.exports import ExportFormat
from migrations_app.selectors.wishes import TicketWish
from migrations_app.services import exports
from tests.factories.desk import make_key, make_organization
from tests.factories.forms import number_answers
from tests.factories.walks import Path, Walk, Walker
from tickets.enums import Visibility
from tickets.models import WebhookDelivery
from tickets.services.comments import post_comment
from tickets.services.files import Upload, attach
from tickets.services.share_links import LinkWish, make_link
from tickets.services.webhook_endpoints import EndpointWish, create_endpoint

VERBS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
NUMBER = "+5511987651234"
WORDS: dict[str, Any] = {
    "client": {
        "name": "Zanzibarra Confeitos",
        "contact_name": "Ofelia Zanzi",
        "contact_email": "ofelia@zanzibarra.example",
        "contact_phone": "+551130009876",
        "language": "pt-br",
        "timezone": "America/Sao_Paulo",
        "country": "BR",
    },
    "client_reference": "ZANZI-REF-1",
    "group_reference": "ZANZI-GROUP-1",
    "waba_id": "102290129777111",
    "business_manager_id": "506914307777222",
    "notes": "The zanzi stock room floods",
}
COMMENT, FILE, HOST = "Zanzi says hello", "zanzi-proof.txt", "hooks.zanzibarra.example"


@dataclass(frozen=True)
class Route:
    """An address of the API."""

    name: str
    template: str
    view: type[ApiView]

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"<\w+:(\w+)>", self.template)

    @property
    def is_of_somebody(self) -> bool:
        """Whether it names something that belongs to an organization."""
        return bool(self.parameters) and self.name != "problem"


def routes() -> Iterator[Route]:
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        callback: Any = pattern.callback
        yield Route(str(pattern.name), str(pattern.pattern), callback.view_class)


ROUTES = list(routes())


@dataclass(frozen=True)
class Victim:
    """What others must not find a trace of."""

    walk: Walk
    secret: str
    """Its own key."""
    samples: dict[str, str]

    def address(self, route: Route, *, of_nothing: bool = False) -> str:
        """Return a route's address that leads to the victim's; or to nothing at all, in the same form.

        :raises AssertionError: the route has a parameter of which there is no sample.
        """

        def sample(found: re.Match[str]) -> str:
            name = found[1]
            assert (route.name, name) in SAMPLES or name in SAMPLES or name in self.samples, (
                f"The route {route.name!r} has the parameter {name!r}: give the victim one of those in tests/integration/api/"
                "victim.py, and its value a place in `samples`, so that strangers are tried on it."
            )
            known = SAMPLES.get((route.name, name)) or SAMPLES.get(name) or self.samples[name]
            return NOTHING.get(name, NO_UID) if of_nothing and name in self.samples else known

        return "/api/v1/" + re.sub(r"<\w+:(\w+)>", sample, route.template)

    def traces(self, *, organization: bool) -> list[str]:
        """Return what tells of the victim; its organization too, unless the one who asks belongs to it."""
        client = [*WORDS["client"].values()][:4]
        others = [str(WORDS[name]) for name in WORDS if name != "client"]
        found = [*client, *others, *self.samples.values(), NUMBER[1:], COMMENT, FILE, HOST]
        if organization:
            found.append(self.walk.ticket.organization.name)
        return [word.lower() for word in found]


SAMPLES: dict[Any, str] = {("problem", "code"): "not_found", "code": "two_step_disabled"}
"""Parameters that name nothing of anybody's, by route or alone."""
NOTHING = {"reference": "MIG-AAAAAAAA"}
NO_UID = "3f2b8c9e-0000-4000-8000-000000000000"


def make_victim(walk: Walker) -> Victim:
    """File a ticket, book its call, comment on it, attach a file: one of everything that has an address."""
    key = make_key(make_organization("Zanzibarra Holding", now=walk.now), now=walk.now)
    walked = walk(Path.SCHEDULED, number_answers(NUMBER, display_name="Zanzibarra"), key=key, **WORDS)
    ticket = walked.ticket
    post_comment(ticket_id=ticket.pk, body=COMMENT, visibility=Visibility.PUBLIC, by=walked.by, now=walked.now)
    file = attach(
        ticket_id=ticket.pk, upload=Upload(FILE, b"Off."), visibility=Visibility.PUBLIC, by=walked.by, now=walked.now
    )
    samples = {"reference": ticket.reference, "call_id": str(walked.current_call().uid), "file_id": str(file.uid)}
    return Victim(walked, key.secret, samples | {name: make(walked) for name, make in FURTHER.items()})


def make_export(walked: Walk) -> str:
    wanted = exports.Wanted(ExportFormat.CSV, {"q": "zanzi"}, TicketWish(q="zanzi"), test=False)
    organization_id = walked.ticket.organization_id
    return str(exports.ask(organization_id=organization_id, wanted=wanted, by=walked.by, now=walked.now).uid)


def make_endpoint(walked: Walk) -> str:
    wish = EndpointWish("https://hooks.zanzibarra.example/in")
    organization_id = walked.ticket.organization_id
    row, _secret = create_endpoint(organization_id=organization_id, test=False, wish=wish, by=walked.by, now=walked.now)
    return str(row.uid)


def make_delivery(walked: Walk) -> str:
    post_comment(ticket_id=walked.ticket.pk, body="X", visibility=Visibility.PUBLIC, by=walked.by, now=walked.now)
    return str(WebhookDelivery.objects.latest("id").uid)


def make_share_link(walked: Walk) -> str:
    return str(make_link(ticket_id=walked.ticket.pk, wish=LinkWish(), by=walked.by, now=walked.now).row.uid)


FURTHER: dict[str, Callable[[Walk], str]] = {
    "export_id": make_export, "endpoint_id": make_endpoint, "delivery_id": make_delivery, "link_id": make_share_link
}  # fmt: skip
"""Makes what other routes' parameters name, by parameter: {"endpoint_id": make_endpoint}."""
