"""System checks: combinations of settings that would hurt, each with an id and advice."""

import base64
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  (Django's own name)

from config.core.api.addresses import networks_of

_WEAK_KEY_LENGTH = 50
_FERNET_BYTES = 32


@register(Tags.security, deploy=False)
def check_settings(**_: Any) -> list[CheckMessage]:
    """Return every wrong combination at once."""
    production = settings.PORTERO_MODE == "production"
    return [*_always(), *(_production() if production else [])]


def _always() -> list[CheckMessage]:  # noqa: C901  (a list of questions, one after the other)
    found: list[CheckMessage] = []
    if settings.TIME_ZONE != "UTC" or settings.TIME_ZONE not in available_timezones():
        found.append(
            Error(
                "TIME_ZONE is not UTC.",
                hint="Store UTC; zones stand beside appointments. Unset TZ_NAME.",
                id="portero.E002",
            )
        )
    if settings.WEB_PROCESSES > 1 and "LocMem" in settings.CACHES["default"]["BACKEND"]:
        hint = "Rate limits would be counted per process. Set CACHE_URL=redis://… or WEB_PROCESSES=1."
        found.append(Error("Throttle storage in memory with several web processes.", hint=hint, id="portero.E003"))
    if settings.EVENTS_KEPT_DAYS < 90:  # noqa: PLR2004
        hint = "Partners rely on 90 days: set PORTERO_EVENTS_KEPT_DAYS to 90 or more."
        found.append(Error("The change feed forgets too early.", hint=hint, id="portero.E010"))
    if not all(map(_is_network, settings.TRUSTED_PROXIES)):
        hint = "Name addresses or networks, comma-separated: 10.0.0.2,172.18.0.0/16."
        found.append(Error("TRUSTED_PROXIES names no network.", hint=hint, id="portero.E030"))
    if settings.CHASE_DAILY_CAP < 1:
        hint = "Set CHASE_DAILY_CAP to 1 or more; stop single chases on their tickets."
        found.append(Error("No reminder would ever leave.", hint=hint, id="portero.E020"))
    if settings.CALL_ASSIGNMENT not in {"least_loaded", "round_robin"}:
        hint = "Set CALL_ASSIGNMENT to least_loaded or round_robin."
        found.append(Error("Nobody knows who takes a call.", hint=hint, id="portero.E021"))
    if not all(map(_is_fernet_key, settings.TOKEN_ENCRYPTION_KEYS)):
        hint = "Each key is 32 random bytes in base64url, as docs/operations.md makes one."
        found.append(Error("TOKEN_ENCRYPTION_KEYS has a malformed key.", hint=hint, id="portero.E011"))
    found += _test_clock()
    if settings.TICK_SECONDS > 15:  # noqa: PLR2004
        hint = "Sweeps find due work; PORTERO_TICK_SECONDS must be 15 or less."
        found.append(Error("The beat tick is too slow.", hint=hint, id="portero.E007"))
    return found


def _is_network(text: str) -> bool:
    try:
        networks_of([text])
    except ValueError:
        return False
    return True


def _test_clock() -> list[CheckMessage]:
    if settings.TEST_CLOCK_RATE >= 1:
        return []
    hint = "Set TEST_CLOCK_RATE to 1 or more; 1440 makes a day of a minute."
    return [Error("Test tickets would wait longer than live ones.", hint=hint, id="portero.E022")]


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, altchars=b"-_", validate=True)) == _FERNET_BYTES
    except ValueError:
        return False


def _production() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    key = settings.SECRET_KEY
    if len(key) < _WEAK_KEY_LENGTH or len(set(key)) < 5 or "change" in key.lower() or key.startswith("django-insecure"):  # noqa: PLR2004
        found.append(
            Error(
                "SECRET_KEY is short or a default.",
                hint="Set SECRET_KEY to 50 or more random characters.",
                id="portero.E001",
            )
        )
    if settings.META_BASE_URL != settings.META_GRAPH_URL:
        hint = "Unset META_BASE_URL: live tickets must go to the Graph API."
        found.append(Error("Meta's simulator would serve live tickets.", hint=hint, id="portero.E004"))
    if (
        "filebased" in settings.EMAIL_BACKEND
        or "console" in settings.EMAIL_BACKEND
        or "locmem" in settings.EMAIL_BACKEND
    ):
        hint = "Set EMAIL_URL=smtp+tls://user:password@host:587 or EMAIL_BACKEND to one of Anymail's."
        found.append(Error("Mail is written to files instead of being sent.", hint=hint, id="portero.E005"))
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        found.append(Error("SQLite in production mode.", hint="Set DATABASE_URL=postgres://…", id="portero.E006"))
    if settings.PORTERO_CLOCK_FILE:
        found.append(Error("A virtual clock in production mode.", hint="Unset PORTERO_CLOCK_FILE.", id="portero.E008"))
    if settings.BROKER_URL.startswith(("filesystem", "memory")):
        found.append(
            Error("A broker without a server in production mode.", hint="Set BROKER_URL=redis://…", id="portero.E009")
        )
    if not settings.META_ACCESS_TOKEN:
        hint = "Set META_ACCESS_TOKEN (or META_ACCESS_TOKEN_FILE) to a system user's token."
        found.append(
            Warning("No token for the Graph API: calls to Meta will be refused.", hint=hint, id="portero.W001")
        )
    return found
