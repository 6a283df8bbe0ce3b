"""The client's messages by the hour on the ticket page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories.walks import Path, Walk, Walker
from tests.integration.admin.conftest import Person

TABLE = "\n".join(["\t".join(["10"] * 24)] * 6 + ["\t".join(["0"] * 24)])


@pytest.fixture
def filed(walk: Walker) -> Walk:
    return walk(Path.FILED)


def test_a_table_pasted_from_a_spreadsheet_is_shown_as_a_chart_and_forgotten(
    filed: Walk, agent_at_desk: Person
) -> None:
    assert "pt-heat-5" not in agent_at_desk.page(filed)
    agent_at_desk.do(filed, "message-profile", times=TABLE)
    assert filed.case.message_profile[0] == [10] * 24
    page = agent_at_desk.page(filed)
    assert page.count("pt-heat-5") == 6 * 24
    assert page.count("pt-heat-0") == 24
    agent_at_desk.do(filed, "forget-message-profile")
    assert filed.case.message_profile == []


def test_a_file_of_times_is_read_and_its_bad_lines_are_named(filed: Walk, agent_at_desk: Person) -> None:
    good = "\n".join(f"2026-02-{day:02}T12:00:00Z" for day in range(1, 9))
    bad = good.replace("2026-02-03T", "the third, ")
    told = agent_at_desk.do(filed, "message-profile", file=SimpleUploadedFile("m.csv", bad.encode()))
    assert told.startswith("Line 3: This is no time")
    assert "UTF-8" in agent_at_desk.do(filed, "message-profile", file=SimpleUploadedFile("m.csv", b"\xff\xfe\xff"))
    assert agent_at_desk.do(filed, "message-profile").startswith("Paste")
    assert not filed.case.message_profile
    agent_at_desk.do(filed, "message-profile", file=SimpleUploadedFile("m.csv", good.encode()))
    assert sum(map(sum, filed.case.message_profile)) == 7


def test_the_client_may_tell_it_too(filed: Walk, client_person: Person) -> None:
    client_person.do(filed, "message-profile", times=TABLE)
    assert filed.case.message_profile
