"""The hand-over sheet: for the ticket's organization alone, as JSON and as Markdown, in five languages."""

import pytest
from django.utils import translation
from django.utils.translation import gettext

from migrations_app.models import TemplateEntry
from migrations_app.services import moves
from migrations_app.services.handover import sheet_file
from tests.factories.forms import NUMBER, OTHER_NUMBER
from tests.factories.servers import Meta
from tests.factories.walks import Path, Walk, Walker
from tests.integration.api.caller import Caller

AS_MARKDOWN = {"Accept": "text/markdown"}


def address(walked: Walk) -> str:
    return f"tickets/{walked.ticket.reference}/hand-over"


def test_the_sheet_tells_ids_billing_and_what_remains(api: Caller, walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE, NUMBER)
    moment = {"created_at": walked.now, "updated_at": walked.now}
    walked.case.requirements.create(code="templates_ack", owner="client", blocks="start", **moment)
    sheet = api.get(address(walked)).json
    number = walked.number()
    (line,) = sheet["phone_numbers"]
    assert (line["number"], line["state"], line["phone_number_id"]) == (NUMBER, "live", number.phone_number_id)
    assert line["messages_url"] == f"https://graph.facebook.com/v25.0/{number.phone_number_id}/messages"
    assert line["live_at"] == line["billing_from"] == walked.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert sheet["billing"]["old_bsp"] == "Infobip"
    assert "Infobip" in sheet["billing"]["message"]
    assert sheet["webhooks"]["subscribed_apps"] == ["670843887433847"]
    left = {item["code"]: item["due_at"] for item in sheet["remaining"]}
    assert "send_receive_test" in left
    assert left["old_contract_cancelled"] is not None
    assert "two_step_reenabled" not in left
    assert "templates_ack" not in left, "what stood before the move is past"


def test_what_stands_before_the_move_remains_until_all_have_moved(api: Caller, walk: Walker) -> None:
    left = [item["code"] for item in api.get(address(walk(Path.FILED))).json["remaining"]]
    assert "two_step_disabled" in left


def test_before_the_move_the_sheet_knows_no_ids(api: Caller, walk: Walker) -> None:
    sheet = api.get(address(walk(Path.FILED))).json
    assert sheet["phone_numbers"][0]["phone_number_id"] is None
    assert sheet["phone_numbers"][0]["messages_url"] is None


def test_numbers_that_were_left_out_are_not_on_it(api: Caller, walk: Walker, meta: Meta) -> None:
    walked = walk(Path.LIVE, NUMBER, OTHER_NUMBER)
    assert len(api.get(address(walked)).json["phone_numbers"]) == 2
    early = walk(Path.FILED, "+5511955554444", "+5511955553333")
    moves.skip(number_id=early.number(2).pk, reason="stays", by=early.desk, now=early.now)
    assert [each["number"] for each in api.get(address(early)).json["phone_numbers"]] == ["+5511955554444"]


def test_templates_are_counted_and_the_open_ones_named(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    for name, outcome in (("welcome", "copied"), ("sale", "rejected")):
        TemplateEntry.objects.create(
            case=walked.case, name=name, language="es", outcome=outcome, words="INVALID_FORMAT"
        )
    templates = api.get(address(walked)).json["templates"]
    assert templates["counts"] == [{"outcome": "copied", "count": 1}, {"outcome": "rejected", "count": 1}]
    assert templates["open"] == [{"name": "sale", "language": "es", "outcome": "rejected", "message": "INVALID_FORMAT"}]


@pytest.mark.parametrize("language", ["en", "es", "pt-br", "ru", "ca"])
def test_the_sheet_as_markdown_speaks_the_callers_language(language: str, api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    answer = api.get(address(walked), Accept_Language=language, **AS_MARKDOWN)
    assert answer.headers["Content-Type"].startswith("text/markdown")
    text = answer.text
    assert text.startswith("# ")
    assert NUMBER in text
    with translation.override(language):
        head = gettext("What remains")
    assert head in text
    assert head in sheet_file(walked.ticket, walked.case, language=language)[1].decode()


def test_the_sheet_is_the_organizations_own(api: Caller, api_stranger: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    assert api_stranger.get(address(walked)).status == 404
    assert api_stranger.get(address(walked), **AS_MARKDOWN).status == 404
    assert api.get("tickets/MIG-00000000/hand-over").status == 404
    assert api.get(address(walked), Accept="image/png").status == 406
    assert api.get(address(walked) + "?x=1").status == 400


def test_a_number_that_rests_is_named_as_still_to_move_and_has_no_address_yet(
    api: Caller, walk: Walker, meta: Meta
) -> None:
    walked = walk(Path.IN_CALL, NUMBER, OTHER_NUMBER)
    walked.move(1)
    number = walked.number(2)
    rests = {"state": "cooling_down", "phone_number_id": "106540352242922", "cool_down_until": walked.later(hours=8)}
    type(number).objects.filter(pk=number.pk).update(**rests)
    sheet = api.get(address(walked)).json
    assert [bool(line["messages_url"]) for line in sheet["phone_numbers"]] == [True, False]
    assert sheet["numbers_to_move"] == [OTHER_NUMBER]
    left = {item["code"] for item in sheet["remaining"]}
    assert "open_conversations_ack" not in left, "said is done, before the move"
    assert "send_receive_test" in left
    text = api.get(address(walked), **AS_MARKDOWN).text
    assert f"Numbers still to be moved: {OTHER_NUMBER}" in text
    assert "106540352242922/messages" not in text
    assert "Each number has its own moment of billing" in text


def test_templates_that_were_compared_and_were_none_are_not_called_uncompared(api: Caller, walk: Walker) -> None:
    walked = walk(Path.FILED)
    assert "Not compared." in api.get(address(walked), **AS_MARKDOWN).text
    walked.case.requirements.filter(code="templates_checked").delete()
    moment = {"created_at": walked.now, "updated_at": walked.now}
    walked.case.requirements.create(
        code="templates_checked", owner="onboarding", blocks="resolve", state="met", **moment
    )
    text = api.get(address(walked), **AS_MARKDOWN).text
    assert "Compared: there was no template to copy." in text
    assert api.get(address(walked)).json["templates"]["compared"] is True
