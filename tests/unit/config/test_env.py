"""Reading the environment: advice instead of guesses."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings import env


def test_a_text_is_read_from_its_variable_its_file_or_its_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("X_TEXT", raising=False)
    assert env.text("X_TEXT", "default") == "default"
    monkeypatch.setenv("X_TEXT", "")
    assert env.text("X_TEXT", "default") == ""
    secret = tmp_path / "secret"
    secret.write_text("from file\n")
    monkeypatch.setenv("X_TEXT_FILE", str(secret))
    assert env.text("X_TEXT", "default") == "from file"


def test_what_must_be_set_and_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_TEXT", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"X_TEXT.*\.env\.example"):
        env.text("X_TEXT")


def test_a_secret_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X_TEXT_FILE", str(tmp_path / "nothing"))
    with pytest.raises(ImproperlyConfigured, match=r"X_TEXT_FILE.*nothing"):
        env.text("X_TEXT", "default")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1", True),
        ("TRUE", True),
        (" yes ", True),
        ("on", True),
        ("0", False),
        ("False", False),
        ("no", False),
        ("", False),
    ],
)
def test_flags(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("X_FLAG", raw)
    assert env.flag("X_FLAG", default=not value) is value


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="X_FLAG='maybe'"):
        env.flag("X_FLAG", default=False)
    monkeypatch.delenv("X_FLAG")
    assert env.flag("X_FLAG", default=True)


def test_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.number("X_NUMBER", 7) == 7
    monkeypatch.setenv("X_NUMBER", "12")
    assert env.number("X_NUMBER", 7) == 12
    monkeypatch.setenv("X_NUMBER", "twelve")
    with pytest.raises(ImproperlyConfigured, match="X_NUMBER='twelve'"):
        env.number("X_NUMBER", 7)


def test_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.words("X_WORDS") == []
    assert env.words("X_WORDS", "a, b") == ["a", "b"]
    monkeypatch.setenv("X_WORDS", " one ,, two,")
    assert env.words("X_WORDS", "a") == ["one", "two"]


def test_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.choice("X_CHOICE", "a", ("a", "b")) == "a"
    monkeypatch.setenv("X_CHOICE", " B ")
    assert env.choice("X_CHOICE", "a", ("a", "b")) == "b"
    monkeypatch.setenv("X_CHOICE", "c")
    with pytest.raises(ImproperlyConfigured, match="a, b"):
        env.choice("X_CHOICE", "a", ("a", "b"))


def test_a_kept_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    first = env.kept_secret(folder, "secret_key")
    assert len(first) >= 50
    assert env.kept_secret(folder, "secret_key") == first
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert env.kept_secret(folder, "another") != first


def test_variables_with_one_beginning_are_read_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("hidden\n")
    monkeypatch.setenv("X_MANY_A", "1")
    monkeypatch.setenv("X_MANY_KEY_FILE", str(secret))
    assert env.prefixed("X_MANY_") == {"A": "1", "KEY": "hidden"}
