"""Files through the API: sent as forms, judged by content, listed, given back to be saved."""

import hashlib
from io import BytesIO
from pathlib import Path as Folder
from typing import Any

import pytest
from django.test import Client

from tests.factories.desk import Key
from tests.factories.files import CSV, EXE, JPEG, MULTIPART, PDF, PNG, TXT, multipart
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Answer, Caller
from tickets.enums import Visibility
from tickets.models import Attachment, Ticket
from tickets.rules.files import MOST_BYTES
from tickets.services.files import Upload, attach


@pytest.fixture
def address(walk: Walker, files: Folder) -> str:
    return f"tickets/{walk(Path.FILED).ticket.reference}/attachments"


def upload(api: Caller, address: str, content: bytes = PDF, filename: str = "proof.pdf", **headers: str) -> Answer:
    return api.post(address, multipart(content, filename), Content_Type=MULTIPART, **headers)


@pytest.mark.parametrize(
    ("content", "filename", "kind"),
    [
        (PDF, "a.pdf", "application/pdf"),
        (PNG, "a.png", "image/png"),
        (JPEG, "a.jpg", "image/jpeg"),
        (CSV, "a.csv", "text/csv"),
        (TXT, "a.txt", "text/plain"),
    ],
)
def test_a_file_is_sent_listed_and_given_back(
    api: Caller, address: str, content: bytes, filename: str, kind: str
) -> None:
    made = upload(api, address, content, filename)
    assert made.status == 201
    told = made.json
    assert (told["filename"], told["content_type"], told["size"]) == (filename, kind, len(content))
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["author"] == {"type": "client", "name": "Padaria Sol"}
    assert made.headers["Location"] == told["url"]
    assert api.get(address).data == [told]
    given = api.get(f"{address}/{told['id']}")
    assert given.file == content
    assert given.headers["Content-Type"] == kind
    assert given.headers["Content-Length"] == str(len(content))
    assert given.headers["Content-Disposition"] == f'attachment; filename="{filename}"'
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Cache-Control"] == "private, no-cache"
    assert given.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_name_in_any_script_survives_the_way(api: Caller, address: str) -> None:
    made = upload(api, address, PDF, "relatório – привет.pdf").json
    assert made["filename"] == "relatório – привет.pdf"
    given = api.get(f"{address}/{made['id']}")
    assert given.file == PDF
    assert given.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''relat%C3%B3rio")


def test_a_download_has_a_strong_tag_and_is_answered_304(api: Caller, address: str) -> None:
    path = f"{address}/{upload(api, address).json['id']}"
    given = api.get(path)
    assert given.etag == f'"{hashlib.sha256(PDF).hexdigest()}"'
    assert api.get(path, If_None_Match=given.etag).status == 304


@pytest.mark.parametrize("accept", ["*/*", "application/pdf", "image/png, */*;q=0.1", "application/json"])
def test_whatever_is_accepted_the_file_is_what_it_is(api: Caller, address: str, accept: str) -> None:
    given = api.get(f"{address}/{upload(api, address).json['id']}", Accept=accept)
    assert (given.status, given.headers["Content-Type"]) == (200, "application/pdf")
    assert given.file == PDF


def test_the_ticket_has_a_new_tag_and_tells_of_the_file_by_its_id(api: Caller, address: str) -> None:
    ticket = address.removesuffix("/attachments")
    before = api.get(ticket).etag
    made = upload(api, address).json
    assert api.get(ticket).etag != before
    event = api.get(f"{ticket}/events").data[-1]
    assert event["type"] == "ticket.updated"
    assert event["data"] == {"attachment": made["id"], "from_desk": False}


@pytest.mark.parametrize(("content", "filename"), [(EXE, "proof.pdf"), (b"a\x00b", "a.txt"), (b"\xe9", "a.csv")])
def test_what_the_bytes_are_decides_and_not_the_name(api: Caller, address: str, content: bytes, filename: str) -> None:
    answer = upload(api, address, content, filename)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("extra", [1, 70 * 1024])
def test_more_than_ten_mebibytes_are_too_large(api: Caller, address: str, extra: int) -> None:
    answer = upload(api, address, b"a" * (MOST_BYTES + extra), "a.txt")
    assert (answer.status, answer.code) == (413, "payload_too_large")
    assert not Attachment.objects.exists()


def test_ten_mebibytes_are_taken(api: Caller, address: str) -> None:
    assert upload(api, address, b"a" * MOST_BYTES, "a.txt").status == 201


HALF = multipart(PDF)[:-14]
"""A form that goes on after its file."""
WORDS = multipart(b"words").replace(b'; filename="proof.pdf"', b"")
"""A text where the file should be."""


@pytest.mark.parametrize(
    ("body", "media_type", "status", "entries"),
    [
        ({"file": "x"}, "application/json", 415, []),
        (b"%PDF-1.7", "application/pdf", 415, []),
        (b"nonsense", "multipart/form-data", 400, []),
        (b"nonsense", MULTIPART, 422, [("#/file", "required")]),
        (multipart(PDF, field="other"), MULTIPART, 422, [("#/file", "required"), ("#/other", "unknown_field")]),
        (multipart(b""), MULTIPART, 422, [("#/file", "required")]),
        (HALF + multipart(TXT), MULTIPART, 422, [("#/file", "too_many_items")]),
        (WORDS, MULTIPART, 422, [("#/file", "invalid")]),
    ],
)
def test_forms_that_do_not_hold_are_refused_by_place(
    api: Caller, address: str, body: Any, media_type: str, status: int, entries: Any
) -> None:
    answer = api.post(address, body, Content_Type=media_type)
    assert answer.status == status, answer.text
    assert sorted(answer.entries if status == 422 else []) == sorted(entries)
    assert not Attachment.objects.exists()


def test_the_published_order_of_refusals_holds(
    api: Caller, api_reader: Caller, api_nobody: Caller, address: str
) -> None:
    odd = f"{address}?colour=red"
    assert api_nobody.post(odd, multipart(EXE), Content_Type=MULTIPART).status == 401
    assert api_reader.post(odd, multipart(EXE), Content_Type=MULTIPART).status == 403
    assert api.post(odd.replace("MIG-", "MIG-ZZ"), multipart(EXE), Content_Type=MULTIPART).status == 404
    assert api.post(odd, multipart(EXE), Content_Type=MULTIPART).status == 415
    assert api.post(odd, multipart(b""), Content_Type=MULTIPART).code == "unknown_parameter"
    assert api.get(odd).code == "unknown_parameter"


def test_sending_again_under_the_same_key_makes_one_file(api: Caller, address: str) -> None:
    first = upload(api, address, Idempotency_Key="f-1")
    again = upload(api, address, Idempotency_Key="f-1")
    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.json == first.json
    assert again.headers["Location"] == first.headers["Location"]
    assert len(api.get(address).data) == 1


@pytest.mark.parametrize(("content", "filename"), [(TXT, "proof.pdf"), (PDF, "other.pdf")])
def test_the_same_key_with_another_file_is_refused_and_leaves_nothing(
    api: Caller, address: str, files: Folder, content: bytes, filename: str
) -> None:
    upload(api, address, Idempotency_Key="f-1")
    answer = upload(api, address, content, filename, Idempotency_Key="f-1")
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert len([path for path in files.rglob("*") if path.is_file()]) == 1


def test_an_internal_file_does_not_exist_for_the_client(api: Caller, address: str, walk: Walker) -> None:
    reference = address.split("/")[1]
    ticket = Ticket.objects.get(reference=reference)
    walked = Walk(ticket, walk.key.actor, walk.agent, walk.now)
    row = attach(
        ticket_id=ticket.pk,
        upload=Upload("shady.pdf", PDF),
        visibility=Visibility.INTERNAL,
        by=walked.desk,
        now=walked.now,
    )
    assert api.get(address).data == []
    assert api.get(f"{address}/{row.uid}").status == 404
    for tail in ("", "/events"):
        assert "shady" not in api.get(f"tickets/{reference}{tail}").text
        assert str(row.uid) not in api.get(f"tickets/{reference}{tail}").text
    claim = {"attachment": str(row.uid)}
    answer = api.post(f"tickets/{reference}/requirements/two_step_disabled/claim", claim)
    assert (answer.status, answer.entries) == (422, [("#/attachment", "invalid_choice")])


def test_a_file_is_found_below_its_own_ticket_only(
    api: Caller, api_stranger: Caller, api_test: Caller, address: str, walk: Walker
) -> None:
    made = upload(api, address).json
    other = walk(Path.FILED, "+5511912345678").ticket.reference
    assert api.get(f"tickets/{other}/attachments/{made['id']}").status == 404
    for stranger in (api_stranger, api_test):
        assert stranger.get(address).status == 404
        assert stranger.get(f"{address}/{made['id']}").status == 404
        assert upload(stranger, address).status == 404
    for nonsense in ("nope", "0", "../../secret"):
        assert api.get(f"{address}/{nonsense}").status == 404


def test_files_are_listed_in_pages_oldest_first(api: Caller, address: str) -> None:
    for place in range(3):
        upload(api, address, TXT, f"{place}.txt")
    first = api.get(f"{address}?limit=2")
    assert [row["filename"] for row in first.data] == ["0.txt", "1.txt"]
    rest = api.get(f"{address}?limit=2&cursor={first.json['next_cursor']}")
    assert ([row["filename"] for row in rest.data], rest.json["next_cursor"]) == (["2.txt"], None)


@pytest.mark.parametrize("path", [Path.DRAFT, Path.CANCELLED])
def test_a_draft_and_an_ended_ticket_take_files_too(api: Caller, walk: Walker, files: Folder, path: Path) -> None:
    assert upload(api, f"tickets/{walk(path).ticket.reference}/attachments").status == 201


@pytest.mark.parametrize(("size", "status"), [(MOST_BYTES, 201), (MOST_BYTES + 128 * 1024, 413)])
def test_a_streamed_upload_has_the_same_limit(address: str, client_key: Key, size: int, status: int) -> None:
    body = multipart(b"a" * size, "a.txt")
    environ: dict[str, Any] = {
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_AUTHORIZATION": f"Bearer {client_key.secret}",
        "CONTENT_TYPE": MULTIPART,
    }
    assert Client().generic("POST", f"/api/v1/{address}", **environ).status_code == status


def test_files_have_no_address_but_through_their_ticket(api: Caller, address: str, files: Folder) -> None:
    made = upload(api, address).json
    name = made["id"].replace("-", "")
    for guess in (f"/files/attachments/{name[:2]}/{name}", f"/static/{name}", f"/media/{name[:2]}/{name}"):
        assert api.get(guess).status == 404
