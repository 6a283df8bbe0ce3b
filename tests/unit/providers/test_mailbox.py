"""Reading a mailbox: in order, without marking, marked only when told so, and no secret in what goes wrong."""

import imaplib
from typing import Any

import pytest

from providers.channels.mailbox import ImapMailbox, MailboxUnavailable, imap_address

URL = "imaps://onboarding%40x.example:s3cret%2F@mail.x.example/Answers?move=Done"


class Server:
    """As much of an IMAP server as is asked for; `mails` are by UID."""

    capabilities = ("IMAP4REV1", "MOVE")

    def __init__(self, mails: dict[int, bytes], *, breaks_at: int = 0) -> None:
        self.mails, self.breaks_at = mails, breaks_at
        self.asked: list[tuple[str, ...]] = []

    def select(self, folder: str) -> tuple[str, list[bytes]]:
        return ("OK", [b"1"]) if folder == '"Answers"' else ("NO", [b""])

    def response(self, _name: str) -> tuple[str, list[bytes]]:
        return "UIDVALIDITY", [b"77"]

    def uid(self, command: str, *words: str) -> tuple[str, list[Any]]:
        self.asked.append((command, *words))
        if command == "SEARCH":
            first = int(words[1].split(":")[0])
            found = sorted({uid for uid in self.mails if uid >= first} | ({max(self.mails)} if self.mails else set()))
            return "OK", [b" ".join(b"%d" % uid for uid in found)]
        uid = int(words[0])
        if command == "FETCH" and uid == self.breaks_at:
            raise imaplib.IMAP4.abort("connection lost while s3cret/ was sent")
        if command == "FETCH" and uid in self.mails:
            head = b"1 (UID %d BODY[]<0> {%d}" % (uid, len(self.mails[uid]))
            return "OK", [b"2 (FLAGS ())", (head, self.mails[uid]), b")"]
        return "OK", [None]

    def logout(self) -> None:
        self.asked.append(("LOGOUT",))


def box(server: Server) -> ImapMailbox:
    return ImapMailbox(imap_address(URL), connect_by=lambda _address: server)  # type: ignore[arg-type,return-value]


def test_an_address_is_read_and_shown_without_its_secrets() -> None:
    address = imap_address(URL)
    assert (address.host, address.port, address.user, address.password) == (
        "mail.x.example", 993, "onboarding@x.example", "s3cret/",
    )  # fmt: skip
    assert (address.folder, address.move_to, address.starttls) == ("Answers", "Done", False)
    assert "s3cret" not in repr(address)
    assert imap_address("imap://a:b@c").port == 143
    for wrong in ("", "http://a:b@c", "imaps://host-only", "imaps://"):
        with pytest.raises(MailboxUnavailable, match="bad_address"):
            imap_address(wrong)


def test_what_came_since_is_read_in_order_and_nothing_is_marked() -> None:
    server = Server({3: b"three", 9: b"nine", 7: b"seven"})
    with box(server) as opened:
        assert opened.uid_validity == 77
        assert list(opened.after(3, limit=10, most_bytes=100)) == [(7, b"seven"), (9, b"nine")]
        assert list(opened.after(9, limit=10, most_bytes=100)) == []
    assert not [words for words in server.asked if words[0] in {"STORE", "MOVE"}]
    assert all("PEEK" in words[2] and "<0.101>" in words[2] for words in server.asked if words[0] == "FETCH")
    assert server.asked[-1] == ("LOGOUT",)


def test_a_mail_is_marked_and_moved_when_it_is_done() -> None:
    server = Server({3: b"three"})
    with box(server) as opened:
        opened.done(3)
    assert server.asked[:2] == [("STORE", "3", "+FLAGS.SILENT", "(\\Seen)"), ("MOVE", "3", '"Done"')]


def test_a_line_that_breaks_stops_the_run_and_quotes_nothing() -> None:
    with box(Server({1: b"one", 2: b"two", 3: b"three"}, breaks_at=2)) as opened:
        mails = opened.after(0, limit=10, most_bytes=100)
        assert next(mails) == (1, b"one")
        with pytest.raises(MailboxUnavailable, match=r"^fetch_failed$") as told:
            next(mails)
    assert "s3cret" not in f"{told.value!r}{told.value.__cause__!r}"


def test_a_server_that_cannot_be_reached_is_a_refusal() -> None:
    def refuse(_address: object) -> imaplib.IMAP4:
        raise imaplib.IMAP4.error("[AUTHENTICATIONFAILED] bad s3cret")

    with (
        pytest.raises(MailboxUnavailable, match=r"^sign_in_refused$"),
        ImapMailbox(imap_address(URL), connect_by=refuse),
    ):
        pass
