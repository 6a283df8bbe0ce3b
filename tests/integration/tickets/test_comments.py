"""What people say on a ticket, and who may know of it."""

import pytest

from config.core.errors import NotFound
from tests.factories.walks import Path, Walker
from tickets.enums import Visibility
from tickets.selectors.desk import comments_of, timeline
from tickets.services.comments import post_comment


def test_an_internal_comment_and_the_fact_that_it_exists_stay_inside(walk: Walker) -> None:
    walked = walk(Path.FILED)
    for visibility in (Visibility.PUBLIC, Visibility.INTERNAL):
        post_comment(
            ticket_id=walked.ticket.pk,
            body=f"{visibility} words",
            visibility=visibility,
            by=walked.desk,
            now=walked.now,
        )
    assert [c.body for c in comments_of(walked.ticket, internal=False)] == ["public words"]
    assert [c.body for c in comments_of(walked.ticket, internal=True)] == ["public words", "internal words"]
    seen = [e for e in timeline(walked.ticket, internal=False) if e.type == "ticket.commented"]
    assert len(seen) == 1
    assert "words" not in str(seen[0].data)


def test_a_comment_raises_the_revision_and_not_the_version(walk: Walker) -> None:
    walked = walk(Path.FILED)
    before = (walked.ticket.version, walked.ticket.revision)
    comment = post_comment(
        ticket_id=walked.ticket.pk, body="Hello", visibility=Visibility.PUBLIC, by=walked.by, now=walked.now
    )
    assert (walked.fresh().version, walked.ticket.revision) == (before[0], before[1] + 1)
    assert (comment.author_label, comment.from_desk) == ("Padaria Sol", False)


def test_nobody_comments_on_what_does_not_exist(walk: Walker) -> None:
    walked = walk(Path.FILED)
    with pytest.raises(NotFound):
        post_comment(ticket_id=0, body="Hello", visibility=Visibility.PUBLIC, by=walked.by, now=walked.now)
