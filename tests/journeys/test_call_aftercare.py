"""After the call: connected numbers whose messages no app receives are not done; everything else is read by itself."""

from datetime import timedelta
from typing import Any

import pytest

from config.core import clock
from migrations_app.management.walkthrough.story import NUMBERS, Stage, Story
from tests.factories.servers import MailServer

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]


class Moved(Story):
    """A story that begins in its call."""

    def enter_call(self) -> None:
        self.file()
        self.claim()
        self.book()
        self._jump_to(self._moment(self.ticket()["pin_call"]["start"]))
        self.acknowledge()
        self._open_call()
        self._step("start")

    def until_verified(self, number: str) -> None:
        self._open_call()
        self._step("ask", method="sms")
        self._step("verify", code=self.meta.get(f"/inbox/{number[1:]}")["messages"][-1]["code"])

    def register(self, number: str) -> None:
        self._open_call()
        self._step("generate")
        self._expect(self._state(number) == "live", "the number is live", number)

    def requirement(self, code: str) -> Any:
        items = self.ticket()["requirements"]["items"]
        return next(item for item in items if item["code"] == code)

    def destination(self) -> str:
        return str(self.meta.get(f"/numbers/{NUMBERS[0][1:]}")["phones"][-1]["waba_id"])

    def set_apps(self, *apps: str) -> None:
        self.meta.call("PUT", f"/wabas/{self.destination()}", {"subscribed_apps": [*apps]})


def test_connected_but_no_subscribed_app_does_not_resolve(stage: Stage, mail: MailServer) -> None:
    story = Moved(stage, lambda _line: None)
    story.enter_call()
    for number in NUMBERS:
        story.until_verified(number)
        story.set_apps()
        story.register(number)

    assert story.requirement("app_subscribed")["state"] == "unmet"
    story._confirm("send_receive_test")
    ticket = story.ticket()
    assert (ticket["status"]["value"], ticket["stage"]) == ("in_progress", "verifying")
    assert story.api.get(f"/tickets/{story.reference}/hand-over")["remaining"][0]["code"] == "app_subscribed"

    story._open_ticket()
    story.agent.send("do/subscribe-app/")

    ticket = story.ticket()
    assert (ticket["status"]["value"], ticket["stage"]) == ("resolved", "closing")
    assert story.requirement("two_step_reenabled")["state"] == "met"

    def sheets() -> list[str]:
        mails = [each for each in mail.received if story.reference in str(each["subject"])]
        return [name for each in mails for part in each.iter_attachments() if (name := part.get_filename())]

    story._until("the sheet is mailed", lambda: f"hand-over-{story.reference}.txt" in sheets())

    story._jump_to(clock.read(stage.clock_file) + timedelta(hours=24))
    story._until("the quality is read", lambda: story.requirement("quality_24h")["state"] == "met")
    sheet = story.api.get(f"/tickets/{story.reference}/hand-over")
    assert [(line["status"], line["quality"]) for line in sheet["phone_numbers"]] == [("CONNECTED", "GREEN")] * 2
    assert sheet["webhooks"]["subscribed_apps"]
