"""Code and PIN are in no report of an error, no address, no header: not even when the call page breaks in the middle."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.utils.log import AdminEmailHandler
from pytest_django import Settings

from tests.factories.forms import NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person, text_of
from tests.integration.admin.test_call_page import PIN_SHOWN, _page, _step, _whole_database

TYPED = "730195"


@pytest.fixture
def reports(settings: Settings) -> Iterator[None]:
    """Errors are mailed to the operators, with all that Django's report tells."""
    settings.DEBUG, settings.ADMINS = False, [("Ops", "ops@portero.example")]
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


@pytest.fixture
def in_call(walk: Walker, meta: Meta) -> Walk:
    return walk(Path.IN_CALL)


def reach(walked: Walk, step: str) -> None:
    walked.ask_code()
    if step != "verify":
        walked.verify()
    if step in {"new_pin", "set_pin"}:
        walked.register()


@pytest.mark.parametrize("step", ["verify", "register", "generate", "set_pin", "new_pin"])
def test_a_report_of_a_broken_step_has_neither_code_nor_pin(
    in_call: Walk, agent_at_desk: Person, settings: Settings, reports: None, caplog: pytest.LogCaptureFixture, step: str
) -> None:
    reach(in_call, step)
    page = _page(agent_at_desk, in_call)
    # A setting that makes the client of Meta break after the secret has been read.
    settings.META_TIMEOUT_SECONDS = "soon"
    agent_at_desk.web.raise_request_exception = False
    caplog.set_level(logging.DEBUG)
    answer = _step(agent_at_desk, in_call, step, code=TYPED, pin=TYPED)
    assert answer.status_code == 500
    mails = [sent for sent in mail.outbox if isinstance(sent, mail.EmailMultiAlternatives)]
    reported = [sent for sent in mails if "Internal Server Error" in sent.subject]
    assert reported
    html = "".join(str(content) for report in reported for content, _kind in report.alternatives)
    assert "TypeError" in html
    assert "console" in html
    told = (
        repr([report.body for report in reported])
        + html
        + caplog.text
        + answer.content.decode()
        + repr(answer.headers)
        + page
    )
    assert TYPED not in told
    # What we make ourselves is shown nowhere: not as a variable of a frame either.
    assert not re.search(r"<pre>&#x27;\d{6}&#x27;</pre>", html)
    assert TYPED not in _whole_database()


def test_no_address_and_no_referrer_carries_a_secret(in_call: Walk, agent_at_desk: Person, meta: Meta) -> None:
    answers: list[Any] = []

    def step(name: str, **data: Any) -> None:
        answers.append(_step(agent_at_desk, in_call, name, **data))

    step("ask", method="sms")
    code = meta.code_for(NUMBER)
    step("verify", code=code)
    step("register", pin=TYPED)
    step("set_pin", pin="904817")
    addresses = [answer.headers.get("Location", "") for answer in answers]
    addresses += [answer.wsgi_request.get_full_path() for answer in answers]
    assert not any(secret in address for secret in (code, TYPED, "904817") for address in addresses)
    assert all(answer.headers["Referrer-Policy"] == "same-origin" for answer in answers)
    assert all("no-store" in answer.headers["Cache-Control"] for answer in answers)


def test_the_answer_that_shows_a_pin_is_the_only_one(
    in_call: Walk, agent_at_desk: Person, meta: Meta, capsys: pytest.CaptureFixture[str]
) -> None:
    reach(in_call, "generate")
    answer = _step(agent_at_desk, in_call, "generate")
    shown = PIN_SHOWN.search(text_of(answer))
    assert shown is not None
    pin = shown[1] + shown[2]
    after = _page(agent_at_desk, in_call) + repr(dict(agent_at_desk.web.session)) + repr(answer.headers)
    printed = capsys.readouterr()
    for text in (after, printed.out, printed.err, _whole_database()):
        assert not re.search(rf"(?<![0-9A-Za-z.]){pin}(?![0-9A-Za-z])", text)
