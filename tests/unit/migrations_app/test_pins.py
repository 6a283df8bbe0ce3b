"""New two-step PINs: what is guessed first is refused, and what we make is never of that kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.enums.pins import EasyPin
from migrations_app.rules.pins import new_pin, why_easy

six = st.text("0123456789", min_size=6, max_size=6)


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("111111", EasyPin.REPEATS),
        ("121212", EasyPin.REPEATS),
        ("123123", EasyPin.REPEATS),
        ("123321", EasyPin.REPEATS),
        ("777888", EasyPin.REPEATS),
        ("123456", EasyPin.RUN),
        ("654321", EasyPin.RUN),
        ("890123", EasyPin.RUN),
        ("246802", EasyPin.RUN),
        ("112233", EasyPin.RUN),
        ("123789", EasyPin.RUN),
        ("311287", EasyPin.DATE),
        ("123187", EasyPin.DATE),
        ("871231", EasyPin.DATE),
        ("290204", EasyPin.DATE),
    ],
)
def test_what_a_guesser_tries_first_is_refused_by_name(pin: str, why: EasyPin) -> None:
    assert why_easy(pin) == why


@pytest.mark.parametrize("pin", ["482615", "482913", "135790", "730195", "904817", "329904"])
def test_other_pins_are_the_clients_to_choose(pin: str) -> None:
    assert why_easy(pin) is None


@given(digit=st.integers(0, 9), step=st.integers(0, 9))
def test_every_even_run_is_easy(digit: int, step: int) -> None:
    assert why_easy("".join(str((digit + step * place) % 10) for place in range(6))) is not None


@given(drawn=st.lists(six, min_size=1, max_size=5))
def test_a_pin_that_we_make_is_never_easy(drawn: list[str]) -> None:
    draws = iter([int(pin) for pin in drawn])
    made = new_pin(lambda below: next(draws, 482_615) % below)
    assert len(made) == 6
    assert why_easy(made) is None
    # The first that holds is taken: every one that does is as likely as any other.
    assert made == next((pin for pin in drawn if why_easy(pin) is None), "482615")
