"""Entity tags: strong, made of counters, language and release; what If-None-Match and If-Match compare."""

import gzip
import time
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.factories.walks import Path, Walker
from tests.integration.api.caller import Caller

TAG = r'"\d+-\d+-en-\d+\.\d+\.\d+"'
BOTH = ["", "/status"]


@pytest.fixture
def ticket(walk: Walker) -> str:
    return f"tickets/{walk(Path.FILED).ticket.reference}"


@pytest.mark.parametrize("kind", BOTH)
def test_an_unchanged_document_is_304_with_its_tag_and_no_body(api: Caller, ticket: str, kind: str) -> None:
    tag = api.get(ticket + kind).etag
    answer = api.get(ticket + kind, If_None_Match=tag)
    assert (answer.status, answer.text, answer.etag) == (304, "", tag)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_if_none_match_compares_weakly_and_takes_lists(api: Caller, ticket: str, kind: str, form: str) -> None:
    tag = api.get(ticket + kind).etag
    assert api.get(ticket + kind, If_None_Match=form.format(tag=tag)).status == 304


@pytest.mark.parametrize("kind", BOTH)
def test_every_visible_change_is_another_tag(api: Caller, ticket: str, kind: str) -> None:
    tag = api.get(ticket + kind).etag
    api.post(f"{ticket}/comments", {"body": "Hello"})
    after = api.get(ticket + kind, If_None_Match=tag)
    assert after.status == 200
    assert after.etag != tag


@pytest.mark.parametrize("kind", BOTH)
def test_another_language_is_another_tag(api: Caller, ticket: str, kind: str) -> None:
    tag = api.get(ticket + kind).etag
    spanish = api.get(ticket + kind, If_None_Match=tag, Accept_Language="es")
    assert (spanish.status, spanish.headers["Content-Language"]) == (200, "es")
    assert spanish.etag == tag.replace("-en-", "-es-")


@pytest.mark.parametrize("kind", BOTH)
def test_another_release_is_another_tag(api: Caller, ticket: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = api.get(ticket + kind).etag
    monkeypatch.setattr("django.conf.settings.RELEASE", "9.9.9")
    assert api.get(ticket + kind, If_None_Match=tag).etag.endswith('-9.9.9"')


@pytest.mark.parametrize("language", ["en", "es", "pt-br", "ru", "ca"])
def test_if_match_compares_the_version_in_any_language(api: Caller, ticket: str, language: str) -> None:
    tag = api.get(ticket, Accept_Language=language).etag
    assert api.patch(ticket, {"notes": "x"}, If_Match=tag).status == 200


def test_if_match_does_not_mind_a_comment_in_between(api: Caller, ticket: str) -> None:
    tag = api.get(ticket).etag
    api.post(f"{ticket}/comments", {"body": "Hello"})
    assert api.patch(ticket, {"notes": "x"}, If_Match=tag).status == 200


def test_if_match_minds_another_change(api: Caller, api_colleague: Caller, ticket: str) -> None:
    tag = api.get(ticket).etag
    assert api_colleague.patch(ticket, {"notes": "hers"}, If_Match=tag).status == 200
    answer = api.patch(ticket, {"notes": "mine"}, If_Match=tag)
    assert (answer.status, answer.code) == (412, "precondition_failed")
    assert api.get(ticket).json["form"]["notes"] == "hers"


@pytest.mark.parametrize("form", ["W/{tag}", '"nonsense"', "nonsense", '"3"', '""'])
def test_if_match_is_strong_and_takes_only_tags_of_ours(api: Caller, ticket: str, form: str) -> None:
    tag = api.get(ticket).etag
    assert api.patch(ticket, {"notes": "x"}, If_Match=form.format(tag=tag)).status == 412


@pytest.mark.parametrize("form", ["*", '"0-0-en-0.1.0", {tag}', "{gzip}"])
def test_if_match_takes_any_of_a_list_a_star_and_an_encoding_at_the_end(api: Caller, ticket: str, form: str) -> None:
    tag = api.get(ticket).etag
    sent = form.format(tag=tag, gzip=f'{tag[:-1]}-gzip"')
    assert api.patch(ticket, {"notes": "x"}, If_Match=sent).status == 200


@pytest.mark.parametrize("path", ["tickets", "bsps", "statuses", "problems", "me", "queues", "openapi.json"])
def test_lists_have_a_tag_of_their_bytes(api: Caller, ticket: str, path: str) -> None:
    first = api.get(path)
    answer = api.get(path, If_None_Match=first.etag)
    assert (answer.status, answer.text, answer.etag) == (304, "", first.etag)
    assert answer.headers["RateLimit"]
    assert api.get(path, If_None_Match='"other"').status == 200


def test_nothing_in_a_document_moves_with_the_clock(
    api: Caller, ticket: str, clock_at: Callable[[datetime], None], now: datetime
) -> None:
    before = api.get(ticket)
    clock_at(now.replace(year=2027))
    after = api.get(ticket)
    assert (after.text, after.etag) == (before.text, before.etag)


def test_a_compressed_answer_keeps_a_strong_tag_that_is_good_everywhere(api: Caller, ticket: str) -> None:
    plain = api.get(ticket)
    headers = {"Authorization": f"Bearer {api.secret}", "Accept-Encoding": "br, gzip"}
    packed = api.client.get(f"/api/v1/{ticket}", headers=headers)
    tag = packed.headers["ETag"]
    assert (packed.headers["Content-Encoding"], tag) == ("gzip", f'{plain.etag[:-1]}-gzip"')
    assert gzip.decompress(packed.content) == plain.response.content
    assert int(packed.headers["Content-Length"]) == len(packed.content) < len(plain.response.content) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]
    for wanted, seen in (("gzip", tag), ("identity", plain.etag)):
        again = api.get(ticket, If_None_Match=tag, Accept_Encoding=wanted)
        assert (again.status, again.etag) == (304, seen)
    assert api.get(ticket, If_None_Match=plain.etag, Accept_Encoding="gzip").status == 304
    assert api.patch(ticket, {"notes": "x"}, If_Match=tag).status == 200
    assert api.client.get(f"/api/v1/{ticket}", headers={**headers, "If-None-Match": tag}).status_code == 200


def test_a_page_of_a_list_keeps_its_tag_as_time_goes_by(
    api: Caller, ticket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post("tickets", {"submit": False, "client": {"name": "Padaria Sol"}})
    before = api.get("tickets?limit=1")
    assert before.json["next_cursor"]
    later = time.time() + 100
    monkeypatch.setattr("time.time", lambda: later)
    assert api.get("tickets?limit=1").etag == before.etag


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_kept_document_is_never_older_than_its_tag(api: Caller, api_colleague: Caller, walk: Walker) -> None:
    """Outside of a transaction documents are kept ready; a change must be seen at once all the same."""
    ticket = f"tickets/{walk(Path.FILED).ticket.reference}"
    for turn in range(3):
        first, second = api.get(ticket), api_colleague.get(ticket)
        assert first.text == second.text
        assert api.patch(ticket, {"notes": f"turn {turn}"}, If_Match=first.etag).status == 200
        assert api_colleague.get(ticket).json["form"]["notes"] == f"turn {turn}"
        assert api_colleague.get(f"{ticket}/status").json["version"] == api.get(ticket).json["version"]
