"""Templates of accounts and their copies: client and simulator held to the published facts.

Sources: Meta, template migration (pages of 500 from 0, only approved ones of good or unknown quality, accounts of one business, the
shape of the answer); Meta, migrating phone numbers among solution partners (good ones follow a number by themselves, what is there
stays, no quality at first); Meta, template fundamentals (250 and 6,000, each language counts).
"""

from collections.abc import Callable
from typing import Any

import pytest

from providers.meta.client import MetaClient, MetaRefused, MetaUnanswered
from providers.meta.simulator.state import DEFAULT_SOURCE_WABA as SOURCE
from tests.unit.providers.meta.conftest import TOKEN, WABA, Simulated


def template(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "language": "es", **options}


def copy(client: MetaClient, page: int = 0, count: int = 500) -> Any:
    return client.migrate_templates(waba_id=WABA, source_waba_id=SOURCE, page_number=page, count=count)


def names(client: MetaClient, waba_id: str = WABA) -> list[str]:
    return [one.name for one in client.templates_of(waba_id)]


def test_a_template_is_read_with_status_quality_and_reason(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(
        SOURCE, templates=[template("welcome", status="REJECTED", quality="UNKNOWN", reason="INVALID_FORMAT")]
    )
    (one,) = client.templates_of(SOURCE)
    assert (one.name, one.language, one.status, one.category, one.quality, one.reason) == (
        "welcome", "es", "REJECTED", "UTILITY", "UNKNOWN", "INVALID_FORMAT",
    )  # fmt: skip


def test_all_pages_of_templates_are_read(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(SOURCE, templates=[template(f"t{n}") for n in range(230)])
    assert names(client, SOURCE) == [f"t{n}" for n in range(230)]


@pytest.mark.parametrize(
    ("options", "by_itself", "by_hand"),
    [
        ({"quality": "GREEN"}, True, True),
        ({"quality": "UNKNOWN"}, False, True),
        ({"quality": "YELLOW"}, False, False),
        ({"quality": "RED"}, False, False),
        ({"status": "PENDING"}, False, False),
        ({"status": "REJECTED"}, False, False),
    ],
)
def test_which_templates_are_copied(
    options: dict[str, Any],
    by_itself: bool,
    by_hand: bool,
    client: MetaClient,
    meta: Simulated,
    verified: Callable[..., str],
) -> None:
    meta.set_waba(SOURCE, templates=[template("welcome", **options)])
    client.register(phone_number_id=verified(), pin="271828")
    assert bool(names(client)) is by_itself
    copy(client)
    assert bool(names(client)) is by_hand


def test_a_copy_is_approved_and_has_no_quality_yet(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(SOURCE, templates=[template("welcome")])
    answer = copy(client)
    (there,) = client.templates_of(WABA)
    assert (there.status, there.quality) == ("APPROVED", "UNKNOWN")
    assert answer.copied == tuple(one.id for one in client.templates_of(SOURCE))
    assert names(client, SOURCE) == ["welcome"], "copied, not moved"


def test_a_copy_may_be_rejected_when_its_category_is_looked_at_again(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(SOURCE, templates=[template("sale", becomes="REJECTED")])
    copy(client)
    assert [(one.status, one.reason) for one in client.templates_of(WABA)] == [("REJECTED", "INVALID_FORMAT")]


def test_failures_are_told_by_template_with_a_reason(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(SOURCE, templates=[template("a", fails_with="Incorrect category"), template("b")])
    answer = copy(client)
    first, second = client.templates_of(SOURCE)
    assert (answer.failed, answer.copied) == ({first.id: "Incorrect category"}, (second.id,))


def test_what_is_at_the_destination_stays_and_each_language_is_one(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(templates=[template("welcome", category="MARKETING")])
    meta.set_waba(SOURCE, templates=[template("welcome"), template("welcome", language="pt_BR")])
    assert len(copy(client).copied) == 1
    assert [(one.language, one.category) for one in client.templates_of(WABA)] == [
        ("es", "MARKETING"), ("pt_BR", "UTILITY"),
    ]  # fmt: skip


@pytest.mark.parametrize(("verified_business", "limit"), [(False, 250), (True, 6_000)])
def test_an_account_holds_so_many_templates(
    verified_business: bool, limit: int, client: MetaClient, meta: Simulated
) -> None:
    meta.set_waba(approved=verified_business, templates=[template(f"t{n}") for n in range(limit - 1)])
    meta.set_waba(SOURCE, templates=[template("one"), template("two")])
    answer = copy(client)
    assert (len(answer.copied), list(answer.failed.values())) == (1, ["Template limit exceeded"])


def test_templates_are_copied_page_by_page(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(SOURCE, templates=[template(f"t{n}") for n in range(5)])
    assert [len(copy(client, page, 2).copied) for page in range(4)] == [2, 2, 1, 0]


def test_accounts_of_different_businesses_copy_nothing(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(business_id="506914307656634")
    meta.set_waba(SOURCE, business_id="2729063490586005", templates=[template("welcome")])
    with pytest.raises(MetaRefused):
        copy(client)
    assert names(client) == []


def test_an_account_that_our_token_may_not_see_is_refused(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(SOURCE, shared=False, templates=[template("welcome")])
    for call in (lambda: names(client, SOURCE), lambda: copy(client)):
        with pytest.raises(MetaRefused) as caught:
            call()
        assert caught.value.problem.key == "invalid_parameter"


@pytest.mark.parametrize(("page", "count"), [(-1, 500), (0, 0), (0, 501)])
def test_a_page_is_one_of_metas(page: int, count: int, client: MetaClient) -> None:
    with pytest.raises(ValueError, match="500"):
        copy(client, page, count)


@pytest.mark.parametrize("body", [{}, {"data": [{"id": "1", "name": "x"}]}, {"migrated_templates": "1"}])
def test_answers_of_another_shape_count_as_none(body: object, client: MetaClient, meta: Simulated) -> None:
    meta.fault(call="*", status=200, body=body, times=2)
    with pytest.raises(MetaUnanswered):
        copy(client)
    with pytest.raises(MetaUnanswered):
        client.templates_of(WABA)


def test_an_app_can_be_subscribed(client: MetaClient, meta: Simulated) -> None:
    meta.set_waba(subscribed_apps=[])
    assert client.subscribed_apps(WABA) == []
    client.subscribe_app(WABA)
    client.subscribe_app(WABA)
    assert len(client.subscribed_apps(WABA)) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"Retry-After": "120"}, 120),
        ({"X-Business-Use-Case-Usage": '{"1": [{"type": "x", "estimated_time_to_regain_access": 7}]}'}, 420),
    ],
)
def test_a_call_too_many_is_told_with_the_wait_that_its_headers_name(
    headers: dict[str, str], seconds: int, client: MetaClient, meta: Simulated
) -> None:
    meta.fault(call="templates_of", error_key="rate_limited", headers=headers)
    with pytest.raises(MetaRefused) as caught:
        client.templates_of(WABA)
    problem = caught.value.problem
    assert (problem.key, problem.retry.kind, problem.retry.seconds) == ("rate_limited", "backoff", seconds)
    assert problem.fbtrace_id
    assert TOKEN not in repr(problem)
