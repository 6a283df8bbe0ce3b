"""Two-step verification turns out to be on in the call: that number leaves it, the others go live, and a new call follows."""

import pytest

from migrations_app.management.walkthrough.story import NUMBERS, Stage, Story

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(240)]
FIRST, SECOND = NUMBERS


class Gate(Story):
    """A story in which somebody switches two-step verification on again after it was proven to be off."""

    def page(self) -> str:
        self._open_call()
        return self.agent.page.body

    def two_step(self, number: str) -> str:
        rows = next(item for item in self.ticket()["requirements"]["items"] if item["code"] == "two_step_disabled")[
            "numbers"
        ]
        return str(next(row["state"] for row in rows if row["number"] == number))

    def begin(self) -> None:
        self._open_call()
        self._step("start")

    def move_first(self) -> None:
        self._move(FIRST)

    def ask_and_verify(self, number: str) -> None:
        self._open_call()
        self._step("ask", method="sms")
        self._step("verify", code=self.inbox(number)[-1]["code"])

    def register(self) -> None:
        self._open_call()
        self._step("generate")

    def inbox(self, number: str) -> list[dict[str, str]]:
        return list(self.meta.get(f"/inbox/{number[1:]}")["messages"])

    def end_call(self) -> None:
        self._open_call()
        self._step("finish")

    def letters(self) -> int:
        return len(self._sent("two_step_disabled"))

    def remind_again(self) -> None:
        before = self.letters()

        def reminded() -> bool:
            # What is planned next may be another chase's message: then time goes on to the one after it.
            planned = self.ticket()["waiting_on"]["next_nudge_at"]
            if planned and self.letters() == before:
                self._jump_to(self._moment(planned))
            return self.letters() > before

        self._until("the ladder goes on", reminded)

    def go_to_call(self) -> None:
        self._jump_to(self._moment(self.ticket()["pin_call"]["start"]))


def test_two_step_still_on_is_found_in_the_call(stage: Stage) -> None:
    story = Gate(stage, lambda _line: None)
    for step in (story.file, story.watch_guide, story.claim, story.book, story.acknowledge, story.remind):
        step()
    story._until("both are proven", lambda: {story.two_step(each) for each in NUMBERS} == {"met"})
    story.begin()
    story.move_first()
    story.meta.call("PUT", f"/numbers/{SECOND[1:]}", {"two_step": True, "pin": "135790"})
    story.ask_and_verify(SECOND)
    story.register()

    # It leaves the call and has not failed; the other one is live, and the case waits for whoever has to switch it off.
    ticket = story.ticket()
    assert [number["state"] for number in ticket["phone_numbers"]] == ["live", "code_verified"]
    assert story.two_step(SECOND) == "unmet"
    assert (ticket["stage"], ticket["waiting_on"]["party"]) == ("requirements", "client")
    assert "Left the call" in story.page()
    assert "Two-step verification is still switched on." in story.page()
    story.end_call()
    story.remind_again()

    story.meta.call("PUT", f"/numbers/{SECOND[1:]}", {"two_step": False})
    story.claim()
    story.book()
    assert story.ticket()["pin_call"]["numbers"] == [SECOND]
    story.go_to_call()
    story.begin()
    codes = len(story.inbox(SECOND))
    story.register()
    assert [number["state"] for number in story.ticket()["phone_numbers"]] == ["live", "live"]
    # Its ownership had been proven in the first call: no second code.
    assert len(story.inbox(SECOND)) == codes
