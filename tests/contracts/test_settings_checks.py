"""System checks: each fires on its own wrong setting, and all are silent on a right one."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from config.core.checks import check_settings

STRONG = "kJ8-random-looking-and-long-enough-0123456789-abcdefghijklmnop"
PRODUCTION: dict[str, Any] = {
    "PORTERO_MODE": "production",
    "SECRET_KEY": STRONG,
    "TIME_ZONE": "UTC",
    "TICK_SECONDS": 10,
    "EVENTS_KEPT_DAYS": 90,
    "CHASE_DAILY_CAP": 3,
    "TRUSTED_PROXIES": ["10.0.0.2", "172.16.0.0/12", "fd00::/8"],
    "TEST_CLOCK_RATE": 1440,
    "CALL_ASSIGNMENT": "least_loaded",
    "TOKEN_ENCRYPTION_KEYS": [
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "__________________________________________8=",
    ],
    "META_BASE_URL": "https://graph.facebook.com",
    "META_GRAPH_URL": "https://graph.facebook.com",
    "META_ACCESS_TOKEN": "EAAtoken",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "PORTERO_CLOCK_FILE": "",
    "BROKER_URL": "redis://redis:6379/0",
    "WEB_PROCESSES": 4,
}
POSTGRES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "portero"}}
SQLITE = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}}
REDIS = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://redis:6379/1"}}
MEMORY = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


class Fake(dict[str, Any]):
    """Settings as plain values: the databases and caches of the running suite are left alone."""

    __getattr__ = dict.__getitem__


def found(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> set[str]:
    values = Fake(PRODUCTION | {"DATABASES": POSTGRES, "CACHES": REDIS} | changes)
    monkeypatch.setattr("config.core.checks.settings", values)
    return {str(message.id) for message in check_settings()}


def test_a_right_production_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch) == set()


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("portero.E001", {"SECRET_KEY": "short"}),
    ("portero.E022", {"TEST_CLOCK_RATE": 0}),
    ("portero.E001", {"SECRET_KEY": "a" * 60}),
    ("portero.E001", {"SECRET_KEY": "please-change-me-" + STRONG}),
    ("portero.E001", {"SECRET_KEY": "django-insecure-" + STRONG}),
    ("portero.E002", {"TIME_ZONE": "America/Sao_Paulo"}),
    ("portero.E003", {"CACHES": MEMORY}),
    ("portero.E004", {"META_BASE_URL": "http://127.0.0.1:8001"}),
    ("portero.E005", {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}),
    ("portero.E005", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
    ("portero.E005", {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}),
    ("portero.E006", {"DATABASES": SQLITE}),
    ("portero.E007", {"TICK_SECONDS": 16}),
    ("portero.E008", {"PORTERO_CLOCK_FILE": "/var/lib/clock.json"}),
    ("portero.E009", {"BROKER_URL": "filesystem://"}),
    ("portero.E009", {"BROKER_URL": "memory://"}),
    ("portero.E010", {"EVENTS_KEPT_DAYS": 89}),
    ("portero.E011", {"TOKEN_ENCRYPTION_KEYS": ["not-a-key"]}),
    ("portero.E011", {"TOKEN_ENCRYPTION_KEYS": ["c2hvcnQ="]}),
    ("portero.E030", {"TRUSTED_PROXIES": ["10.0.0.2", "proxy.example"]}),
    ("portero.E020", {"CHASE_DAILY_CAP": 0}),
    ("portero.E021", {"CALL_ASSIGNMENT": "lottery"}),
    ("portero.W001", {"META_ACCESS_TOKEN": ""}),
]


@pytest.mark.parametrize(("code", "changes"), WRONG, ids=lambda value: str(value)[:60])
def test_every_check_fires_alone(monkeypatch: pytest.MonkeyPatch, code: str, changes: dict[str, Any]) -> None:
    assert found(monkeypatch, **changes) == {code}


def test_every_check_is_tried_here() -> None:
    from config.core import checks  # noqa: PLC0415
    from tests.contracts.source import ROOT  # noqa: PLC0415

    text = (ROOT / "config/core/checks.py").read_text(encoding="utf-8")
    assert checks.check_settings is check_settings
    ids = {word for word in text.replace('"', " ").replace(")", " ").split() if word.startswith("portero.")}
    assert ids == {code for code, _changes in WRONG}


def test_the_embedded_mode_demands_less(monkeypatch: pytest.MonkeyPatch) -> None:
    lax = {
        "PORTERO_MODE": "embedded", "SECRET_KEY": "x", "META_BASE_URL": "http://127.0.0.1:8001", "DATABASES": SQLITE,
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "BROKER_URL": "filesystem://",
        "CACHES": MEMORY, "WEB_PROCESSES": 1, "TOKEN_ENCRYPTION_KEYS": [],
        "PORTERO_CLOCK_FILE": "/var/lib/clock.json", "META_ACCESS_TOKEN": "",
    }  # fmt: skip
    assert found(monkeypatch, **lax) == set()
    assert found(monkeypatch, **lax | {"WEB_PROCESSES": 2}) == {"portero.E003"}


def test_every_finding_says_how_to_put_it_right(monkeypatch: pytest.MonkeyPatch) -> None:
    values = Fake(PRODUCTION | {"DATABASES": SQLITE, "CACHES": MEMORY, "SECRET_KEY": "x", "TICK_SECONDS": 99})
    monkeypatch.setattr("config.core.checks.settings", values)
    messages = check_settings()
    assert len(messages) == 4
    assert all(message.hint for message in messages)


def test_the_suites_own_settings_pass_all_checks(settings: Settings) -> None:
    assert [message for message in run_checks() if message.is_serious()] == []
