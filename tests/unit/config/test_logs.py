"""What no log line may show."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from gunicorn.config import Config  # type: ignore[import-untyped]  # gunicorn has no types

from config.settings.access_log import MaskedLog
from config.settings.logs import mask_links, mask_secrets


def test_the_secret_part_of_a_signed_link_is_in_no_line() -> None:
    line = {
        "event": "Not Found: /u/17.5.en~AbC-d_9",
        "path": "/t/abc?x=1",
        "holder": "/h/x-Y_9",
        "kept": "/admin/users/3",
        "count": 4,
    }
    masked = {
        "event": "Not Found: /u/***",
        "path": "/t/***?x=1",
        "holder": "/h/***",
        "kept": "/admin/users/3",
        "count": 4,
    }
    assert mask_links(None, "", dict(line)) == masked


def test_fields_with_the_name_of_a_secret_are_masked() -> None:
    assert mask_secrets(None, "", {"token": "x", "api_key": "y", "note": "z"}) == {
        "token": "***",
        "api_key": "***",
        "note": "z",
    }


def test_the_address_of_a_calendar_is_in_no_line() -> None:
    assert mask_links(None, "", {"event": "GET /cal/AbC-d_9.ics 200"}) == {"event": "GET /cal/*** 200"}


def test_the_web_servers_own_log_names_no_secret_address() -> None:
    environ = {
        "REQUEST_METHOD": "GET", "RAW_URI": "/cal/AbC.ics?x=1", "PATH_INFO": "/cal/AbC.ics", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": "https://portero.example/u/17.5.en~AbC",
    }  # fmt: skip
    answer = SimpleNamespace(status="200 OK", sent=1, headers=[])
    request = SimpleNamespace(headers=[])
    atoms = MaskedLog(Config()).atoms(answer, request, environ, timedelta(milliseconds=5))
    assert (atoms["U"], atoms["r"]) == ("/cal/***", "GET /cal/***?x=1 HTTP/1.1")
    assert "AbC" not in str(atoms)


def test_containers_start_the_web_server_with_that_log() -> None:
    entrypoint = (Path(__file__).resolve().parents[3] / "deploy" / "entrypoint").read_text()
    assert f"--logger-class {MaskedLog.__module__}.{MaskedLog.__name__} " in entrypoint
