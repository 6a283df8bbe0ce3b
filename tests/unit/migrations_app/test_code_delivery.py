"""How the next code should come, and what follows a refusal."""

from datetime import timedelta

import pytest

from migrations_app.admin.console_words import AFTER_WORDS, UNDER_WAY, WHY_METHOD
from migrations_app.enums import LineType, OtpMethod
from migrations_app.rules.after_refusal import _AFTER, After, after
from migrations_app.rules.code_delivery import Advice, WhyMethod, advise
from providers.meta.error_texts import ERROR_TEXTS

SMS, VOICE = OtpMethod.SMS, OtpMethod.VOICE
SOON, LONG = timedelta(seconds=119), timedelta(minutes=2)


@pytest.mark.parametrize("line", [LineType.LANDLINE, LineType.VOIP, LineType.TOLL_FREE, LineType.OTHER])
def test_lines_for_which_text_messages_are_not_recommended_are_called_first_and_again(line: LineType) -> None:
    assert advise(line=line, filed="sms") == Advice(VOICE, WhyMethod.LINE)
    assert advise(line=line, filed="voice") == Advice(VOICE)
    assert advise(line=line, filed="", last="voice", waited=LONG).method is VOICE


@pytest.mark.parametrize(
    ("last", "failed", "waited", "expected"),
    [
        ("", False, None, Advice(SMS)),
        ("sms", False, SOON, Advice(SMS)),
        ("sms", False, LONG, Advice(VOICE, WhyMethod.NO_ARRIVAL)),
        ("sms", True, None, Advice(VOICE, WhyMethod.REFUSED)),
        ("voice", False, SOON, Advice(VOICE)),
        ("voice", False, LONG, Advice(SMS, WhyMethod.NO_ARRIVAL)),
    ],
)
def test_a_mobile_gets_a_message_and_then_a_call(
    last: str, failed: bool, waited: timedelta | None, expected: Advice
) -> None:
    assert advise(line=LineType.MOBILE, filed="", last=last, failed=failed, waited=waited) == expected


def test_what_was_filed_goes_first_where_the_line_takes_both() -> None:
    assert advise(line=LineType.MOBILE, filed="voice") == Advice(VOICE)
    assert advise(line=LineType.UNKNOWN, filed="") == Advice(SMS)
    assert advise(line=LineType.UNKNOWN, filed="voice") == Advice(VOICE)


def test_every_refusal_of_the_catalogue_says_what_comes_next() -> None:
    ours = {"unanswered"}
    assert set(_AFTER) - ours <= set(ERROR_TEXTS)
    expected = {"two_step_enabled": After.LATER, "code_incorrect": After.RETYPE, "code_expired": After.NEW_CODE}
    assert {key: after(key) for key in expected} == expected
    assert after("a key of next year") is After.LATER
    assert set(AFTER_WORDS) == set(After)
    assert set(WHY_METHOD) == set(WhyMethod)
    assert set(UNDER_WAY) == {"ask", "verify", "register", "pin"}
