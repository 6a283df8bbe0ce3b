"""Logging: one structured line per event, with the request id; secrets are masked by key before rendering."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_WORDS = ("authorization", "password", "secret", "token", "pin", "otp", "code_input", "api_key", "cookie")


_SIGNED_LINK = re.compile(r"(/(?:[chtu]|cal)/)[^\s/?#\"']+")


def mask_secrets(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every field whose name says that it is a secret."""
    for key in line:
        if any(word == key or key.endswith(f"_{word}") for word in _SECRET_WORDS):
            line[key] = "***"
    return line


def mask_links(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the secret part of links in a line."""
    for key, value in line.items():
        if isinstance(value, str) and "/" in value:
            line[key] = without_secrets(value)
    return line


def without_secrets(text: str) -> str:
    """Return a text without the secret part of links (`/c/…`, `/cal/…`, `/h/…`, `/t/…`, `/u/…`): whoever has one may use it."""
    return _SIGNED_LINK.sub(r"\1***", text)


def logging_settings(*, json_lines: bool) -> dict[str, Any]:
    """Return Django's LOGGING: JSON lines for machines (production) or plain lines for people (embedded)."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
        mask_links,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if json_lines
        # Plain: a traceback that prints local variables would print codes and PINs.
        else (structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback))
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "INFO" if json_lines else "WARNING"},
        "loggers": {
            "portero": {"level": "INFO"},
            "django.server": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            # It would print the URL of every request to Meta and every signed link.
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
        },
    }
