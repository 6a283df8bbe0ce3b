"""The chase as people live it: over HTTP, by real mail, with web, worker, beat and simulator as processes, on one running service.

Each journey begins on an empty desk, on a Monday at noon; the clock is moved, everything else is real.
"""

import mailbox
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoDbBlocker

from config.core import clock
from migrations_app.enums.proofs import ProofState
from migrations_app.management.walkthrough.story import FORM, Stage, Story
from migrations_app.models import ProofTry
from providers.models import Bsp
from tests.factories.service import Service

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]

SAO_PAULO, KYIV = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Kyiv")
TWO_STEP = "two_step_disabled"
BY_PERSON = {"portal", "phone", "whatsapp"}


class Desk:
    """A running service with its mail server, its clock, its inbox and its directory."""

    def __init__(self, service: Service, stage: Stage, blocker: DjangoDbBlocker) -> None:
        self.service, self.stage, self.mail, self.blocker = service, stage, service.mail, blocker
        self.filed = 0

    def now(self) -> datetime:
        return clock.read(self.stage.clock_file)

    def go_to(self, moment: datetime) -> None:
        """Move the clock; it never goes back."""
        if moment > self.now():
            clock.set_virtual(self.stage.clock_file, moment=moment)

    def ticket(self, name: str, **answers: Any) -> "Chased":
        """File a ticket of a client of its own."""
        self.filed += 1
        return Chased(self, name, f"+5511987{self.filed:06d}", answers)

    def tried_all(self) -> bool:
        """Nothing waits to be tried at Meta now."""
        with self.blocker.unblock(), self.service.looking_in() as there:
            waiting = ProofTry.objects.using(there).filter(state__in=[ProofState.PLANNED, ProofState.TRYING])
            return not waiting.filter(due_at__lte=self.now()).exists()

    def receive(self, mail: EmailMessage) -> None:
        """Drop a mail into the inbox, as a mail server would."""
        folder = mailbox.Maildir(Path(self.service.environment["PORTERO_VAR"]) / "inbox", create=True)
        folder.add(mail)


class Chased(Story):
    """One ticket that is chased."""

    def __init__(self, desk: Desk, name: str, number: str, answers: dict[str, Any]) -> None:
        super().__init__(desk.stage, lambda _line: None)
        self.desk, self.number, self.at_work = desk, number, False
        self.email = f"{name}@client.example"
        client = {**FORM["client"], "name": name, "contact_email": self.email, **answers.pop("client", {})}
        self.meta.call("PUT", f"/numbers/{number[1:]}", {"two_step": True, "pin": "482913"})
        line = {
            **FORM["phone_numbers"][0],
            "number": number,
            "display_name_status": "approved",
            "otp_contact": {"name": "Ana", "phone": "+551130001000"},
        }
        body = {**FORM, "client": client, "phone_numbers": [line], "client_reference": name, **answers}
        self.reference = self.api.post("/tickets", body)["reference"]

    def chase(self, requirement: str = TWO_STEP) -> dict[str, Any]:
        """The chase of a requirement as the API shows it."""
        found: dict[str, Any] = self._chase(requirement)
        return found

    def attempts(self, *states: str) -> list[dict[str, Any]]:
        return [each for each in self.chase()["attempts"] if not states or each["state"] in states]

    def planned(self) -> dict[str, Any]:
        """The one message that is planned."""
        (found,) = self.attempts("planned")
        return found

    def mails(self, to: str = "") -> list[EmailMessage]:
        """What the mail server got about this ticket for somebody, in order."""
        wanted = to or self.email
        return [mail for mail in self.desk.mail.received if wanted in str(mail["To"]) and self.about(mail)]

    def about(self, mail: EmailMessage) -> bool:
        return self.reference in str(mail["Subject"])

    def until(self, what: str, happened: Callable[[], bool]) -> None:
        self._until(what, happened)

    def climb(self) -> dict[str, Any]:
        """Let time pass until the next message is due, and return what became of it."""
        planned = self.planned()
        self.desk.go_to(self._moment(planned["planned_at"]) + timedelta(seconds=1))

        def attempt() -> dict[str, Any]:
            return next(each for each in self.attempts() if each["id"] == planned["id"])

        def left() -> bool:
            now = attempt()
            return now["state"] not in {"planned", "sending"} or (
                now["state"] == "sending" and now["channel"] in BY_PERSON
            )

        self.until(f"rung {planned['step']} is climbed", left)
        return attempt()

    def to_do(self) -> list[dict[str, Any]]:
        """The rungs that wait for a person of the desk."""
        return [each for each in self.attempts("sending") if each["channel"] in BY_PERSON]

    def climb_to_the_end(self) -> None:
        """Let nobody answer until the ladder has come to its end; people of the desk do their part in vain."""
        while self.chase()["state"] == "active":
            if self.to_do():
                self.finish_task()
            elif self.attempts("planned"):
                self.climb()
            else:
                self.desk.go_to(self._moment(self.chase()["next_at"]) + timedelta(seconds=1))
                self.until("the ladder ends", lambda: self.chase()["state"] != "active")

    def finish_task(self) -> None:
        """End the open task of a ticket as an agent: nobody answered."""
        page = re.search(r"/admin/migrations_app/desktask/\d+/change/", self.open_page())
        assert page is not None
        self.agent.visit(page[0])
        self.agent.send("/outcome/", outcome="no_answer")
        assert not self.to_do()

    def begun(self) -> None:
        """The first message has left."""
        self.until("the first message is sent", lambda: bool(self.attempts("sent")))

    def open_page(self) -> str:
        """Open the ticket's page as an agent."""
        if not self.at_work:
            self.agent.log_in(self.stage.user, self.stage.password)
            self.at_work = True
        self._open_ticket()
        return self.agent.page.body

    def events(self, kind: str) -> list[dict[str, Any]]:
        found = self.api.get(f"/tickets/{self.reference}/events?limit=200")["data"]
        return [event for event in found if event["type"] == kind]

    def requirement(self, code: str = TWO_STEP) -> dict[str, Any]:
        items = self.ticket()["requirements"]["items"]
        return next(item for item in items if item["code"] == code)

    def say(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Answer a requirement by API."""
        answer: dict[str, Any] = self.api.post(f"/tickets/{self.reference}/requirements/{path}", body)
        return answer


@pytest.fixture
def desk(shared_service: Service, stage: Stage, django_db_blocker: DjangoDbBlocker) -> Desk:
    """An empty desk on a Monday at noon."""
    return Desk(shared_service, stage, django_db_blocker)


def test_client_forgot(desk: Desk) -> None:
    """Guide, letter, reminder, a person; nobody had to remember. In the end one line of the client's is enough."""
    story = desk.ticket("forgot", waba_owner="client")
    story.begun()
    while not story.to_do():
        story.climb()
    mails = story.mails()
    assert len(mails) >= 3
    # One conversation: every later mail answers an earlier one, and answers come to the chase's own address.
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert all(mail["In-Reply-To"] in {m["Message-ID"] for m in mails} for mail in mails[1:])
    assert len({str(mail["Reply-To"]) for mail in mails}) == 1
    # Three mails without an answer: a person acts now.
    assert story.to_do()[0]["channel"] == "whatsapp"
    assert "onboarding" in {story.ticket()["waiting_on"]["party"], *story.ticket()["waiting_on"]["also"]}

    story.meta.call("PUT", f"/numbers/{story.number[1:]}", {"two_step": False})
    ticket = story.say(f"{TWO_STEP}/claim", {"statement": "Done, sorry!"})
    assert ticket["stage"] == "ready"
    assert story.chase()["state"] in {"answered", "satisfied"}
    assert not story.attempts("planned")


def test_old_bsp_silent_for_nine_days(desk: Desk) -> None:
    """A BSP that takes requests from partners is asked, reminded, and marked when nine days have brought nothing."""
    began = desk.now()
    bsp = "offboarding@infobip.example"
    make_reachable(desk, "infobip", bsp)
    story = desk.ticket("ninedays", waba_owner="old_bsp")
    story.begun()
    story.climb_to_the_end()
    assert story.chase()["state"] == "exhausted"
    assert desk.now() - began >= timedelta(days=9)
    assert len(story.mails(bsp)) >= 2
    assert all(story.email in str(mail["Cc"]) for mail in story.mails(bsp)), "the client is in copy"
    assert len(story.events("chase.escalated")) == 1
    page = story.open_page()
    assert story.ticket()["priority"] == "high"
    assert "old_bsp_unresponsive" in page or "does not answer" in page


def test_bsp_answers_no(desk: Desk) -> None:
    """The BSP's refusal comes by mail: it is filed, the reminders stop, and an agent takes over."""
    bsp = "exit@sinch.example"
    make_reachable(desk, "sinch", bsp)
    story = desk.ticket("answersno", current_bsp="sinch", waba_owner="old_bsp")
    story.begun()
    while not story.mails(bsp):
        story.climb()
    asked = story.mails(bsp)[0]
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = bsp, str(asked["Reply-To"]), f"Re: {asked['Subject']}"
    answer["Message-ID"], answer["In-Reply-To"] = "<no-1@sinch.example>", str(asked["Message-ID"])
    answer.set_content("We do not release numbers of running contracts.")
    desk.receive(answer)
    story.until("the reminders stop", lambda: story.chase()["state"] == "answered")
    assert not story.attempts("planned")
    assert "We do not release numbers of running contracts." in story.open_page()

    story.agent.send("do/judge-answer/", having={"verdict": "refused"}, reason="Contract runs until May.")
    assert story.requirement()["state"] == "failed"
    assert story.ticket()["waiting_on"]["party"] == "onboarding"
    cancelled = story.api.post(f"/tickets/{story.reference}/actions/cancel", {"reason": "old_bsp_refused"})
    assert cancelled["status"]["value"] == "cancelled"


def test_claimed_but_still_on(desk: Desk) -> None:
    """Meta still sees it on: tried again after 10 and 30 minutes, the client is told, then the ladder goes on one rung further."""
    story = desk.ticket("stillon", waba_owner="client")
    story.begun()
    step = story.attempts("sent")[-1]["step"]
    ticket = story.say(f"{TWO_STEP}/claim", {"statement": "It is off."})
    assert story.requirement()["state"] == "claimed", ticket
    told = len(story.mails())
    for pause in (timedelta(0), timedelta(minutes=11), timedelta(minutes=31), timedelta(hours=24)):
        desk.go_to(desk.now() + pause)
        story.until("what is due has been tried", desk.tried_all)
    story.until("the claim is refused", lambda: story.requirement()["state"] == "unmet")
    story.until("the client is told", lambda: len(story.mails()) > told)
    still_on = [mail for mail in story.mails() if "A Meta ainda a vê ativa" in str(mail["Subject"])]
    assert len(still_on) == 1, [str(mail["Subject"]) for mail in story.mails()]
    assert story.chase()["state"] == "active"
    assert story.planned()["step"] > step
    story.meta.call("PUT", f"/numbers/{story.number[1:]}", {"two_step": False})
    story.say(f"{TWO_STEP}/claim", {"statement": "Now the link is confirmed."})
    desk.go_to(desk.now() + timedelta(hours=24))
    story.until("Meta accepts it", lambda: story.requirement()["state"] == "met")
    number = story.ticket()["phone_numbers"][0]
    assert number["state"] == "initiated"
    assert number["phone_number_id"]


def test_claim_refused_for_another_reason(desk: Desk) -> None:
    """No payment method at the destination: that requirement is the problem now, and the claim stands."""
    story = desk.ticket("nopayment", waba_owner="client")
    story.begun()
    story.meta.call("PUT", f"/numbers/{story.number[1:]}", {"two_step": False})
    desk.service.meta.faults.add([{"call": "start_migration", "error_key": "destination_payment_missing"}])
    story.say(f"{TWO_STEP}/claim", {"statement": "It is off."})
    story.until(
        "the problem is known", lambda: story.requirement("destination_payment")["state"] in {"unmet", "failed"}
    )
    assert story.requirement()["state"] == "claimed"
    assert story.ticket()["phone_numbers"][0]["phone_number_id"] is None


def test_asked_on_thursday_evening(desk: Desk) -> None:
    """Friday is a holiday in São Paulo, not in Kyiv: the letter of the next business day goes out on different days."""
    desk.go_to(datetime(2026, 4, 2, 17, 30, tzinfo=SAO_PAULO))
    there = desk.ticket("paulo", waba_owner="client")
    here = desk.ticket(
        "kyiv", waba_owner="client", client={"timezone": "Europe/Kyiv", "country": "UA", "language": "ru"}
    )
    there.begun()
    here.begun()
    in_sao_paulo = there._moment(there.planned()["planned_at"]).astimezone(SAO_PAULO)
    in_kyiv = here._moment(here.planned()["planned_at"]).astimezone(KYIV)
    assert in_sao_paulo.date().isoformat() == "2026-04-06", "Good Friday, then the weekend"
    assert in_kyiv.date().isoformat() == "2026-04-03"
    for local in (in_sao_paulo, in_kyiv):
        assert time(9) <= local.time() <= time(18)


def test_requested_with_a_promised_date(desk: Desk) -> None:
    """Nothing is said before the promised date; after it the message asks for the outcome of that very case number."""
    story = desk.ticket("promised", waba_owner="old_bsp")
    story.begun()
    promised = desk.now() + timedelta(days=10)
    body = {
        "requested_at": desk.now().isoformat(),
        "external_reference": "CASE-4711",
        "promised_for": promised.isoformat(),
    }
    assert story.say(f"{TWO_STEP}/requested", body)["waiting_on"]["party"] == "old_bsp"
    before = len(story.mails())
    assert story._moment(story.planned()["planned_at"]) >= promised
    desk.go_to(promised - timedelta(minutes=1))
    story.until("a tick has passed", lambda: True)
    assert len(story.mails()) == before
    story.climb()
    story.until("the outcome is asked for", lambda: len(story.mails()) > before)
    assert "CASE-4711" in story.mails()[-1].get_content()


def test_partner_refusing_bsp_never_gets_our_mail(desk: Desk) -> None:
    """The directory says that the BSP listens only to its client: the client gets the letter, the BSP gets nothing from us."""
    bsp = "support@360dialog.example"
    make_reachable(desk, "360dialog", bsp, accepts="client_only")
    story = desk.ticket("clientonly", current_bsp="360dialog", waba_owner="old_bsp")
    story.begun()
    story.climb_to_the_end()
    parties = {attempt["recipient_party"] for attempt in story.attempts()}
    assert parties == {"client"}
    everybody = [str(mail[name] or "") for mail in desk.mail.received for name in ("To", "Cc", "Bcc")]
    assert not any("360dialog" in address for address in everybody)
    letter = story.mails()[0]
    (attached,) = [part for part in letter.iter_attachments() if part.get_content_type() == "text/plain"]
    words = attached.get_content()
    assert story.number in words
    assert FORM["waba_id"] in words
    assert "two-step verification" in words, "in the BSP's language"


def make_reachable(desk: Desk, slug: str, email: str, *, accepts: str = "client_or_partner") -> None:
    """Give a BSP an address in the directory, as a lead would."""
    with desk.blocker.unblock(), desk.service.looking_in() as there:
        known = Bsp.objects.using(there).filter(slug=slug)
        assert known.update(accepts_request_from=accepts, contact_email=email) == 1
