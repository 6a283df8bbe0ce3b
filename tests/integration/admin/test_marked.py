"""A test ticket is marked wherever the desk sees it: on every page that it leads to, and in every list."""

import re
from pathlib import Path as Folder

from migrations_app.models import Ladder
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person
from tests.integration.migrations_app.test_inbound import answer

BANNER = "TEST: nothing here concerns a real number."
BADGE = ">TEST</span>"
ADDRESS = re.compile(r'href="(/admin/[^"#]+)')
LISTS = (
    "tickets/ticket/?test=all", "migrations_app/pincall/?test=all", "migrations_app/desktask/?test=all",
    "migrations_app/chase/?test=all", "migrations_app/inboundmail/", "providers/exchange/?test=all",
)  # fmt: skip
KINDS = {
    "tickets/ticket/N/change/", "tickets/ticket/N/letter/", "tickets/ticket/N/slots/", "tickets/ticket/N/notices/N/",
    "tickets/ticket/N/attempts/N/", "migrations_app/pincall/N/console/", "migrations_app/desktask/N/change/",
    "migrations_app/inboundmail/N/change/", "migrations_app/chase/N/preview/", "migrations_app/ladder/N/preview/",
}  # fmt: skip
"""Pages that a ticket is known to lead to. Whatever comes in addition is looked at too."""


def shown(person: Person, address: str) -> str:
    answered = person.web.get(address, follow=True)
    assert answered.status_code == 200, address
    return str(answered.content.decode()) if "html" in answered.headers["Content-Type"] else ""


def kind_of(address: str) -> str:
    return re.sub(r"\d+", "N", address.partition("?")[0]).removeprefix("/admin/")


def pages_of(person: Person, *tickets: Walk) -> dict[str, str]:
    """The pages of tickets, and one of each kind that they lead to over two links at most."""
    found = {walked.ticket.reference: person.page(walked) for walked in tickets}
    for _step in range(2):
        for page in list(found.values()):
            for address in ADDRESS.findall(page):
                if re.search(r"/\d+/", address) and kind_of(address) not in found:
                    found[kind_of(address)] = shown(person, address)
    return found


def test_every_page_of_a_test_ticket_says_so(lead_at_desk: Person, walk: Walker, files: Folder) -> None:
    waiting = walk(Path.WAITING_TWO_STEP, test=True, group_reference="shops")
    answer(waiting, "It is off now.")
    ready = walk(Path.READY, "+551130001002", test=True, group_reference="shops")
    ready.book()
    references = [each.ticket.reference for each in (waiting, ready)]
    ladder = f"/admin/migrations_app/ladder/{Ladder.objects.all()[0].pk}/preview/?reference={references[0]}"
    pages = pages_of(lead_at_desk, waiting, ready)
    pages |= {name: shown(lead_at_desk, f"/admin/{name}") for name in LISTS}
    pages["migrations_app/ladder/N/preview/"] = shown(lead_at_desk, ladder)
    assert set(pages) >= KINDS
    about = {name for name, page in pages.items() if any(each in page for each in references)}
    assert about >= set(LISTS)
    assert [name for name in about if BANNER not in pages[name] and BADGE not in pages[name]] == []
    made = lead_at_desk.post("tickets_ticket_share_links", ready.ticket.pk)
    assert BANNER in made.content.decode()


def test_pages_of_a_live_ticket_say_nothing_of_tests_and_its_group_is_of_its_world(
    lead_at_desk: Person, walk: Walker
) -> None:
    tried = walk(Path.FILED, test=True, group_reference="shops")
    live = walk(Path.SCHEDULED, group_reference="shops")
    for page in (
        lead_at_desk.page(live),
        shown(lead_at_desk, f"/admin/migrations_app/pincall/{live.current_call().pk}/console/"),
    ):
        assert (BANNER in page, BADGE in page, tried.ticket.reference in page) == (False, False, False)
