"""The tick that writes what time has done to clocks, as beat starts it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.factories.walks import Path, Walker
from tickets.models import Event, SlaClock, Ticket
from tickets.tasks import sweep_clocks

ClockAt = Callable[[datetime], None]


def test_the_tick_tells_every_ticket_once(walk: Walker, clock_at: ClockAt, now: datetime) -> None:
    for number in ("+5511987654321", "+5511976543210"):
        walk(Path.FILED, number)
    clock_at(now + timedelta(days=1))
    for _beat in range(2):
        sweep_clocks()
    told = Event.objects.filter(type="sla.breached")
    assert told.count() == 2
    assert set(told.values_list("ticket_id", flat=True)) == set(Ticket.objects.values_list("id", flat=True))
    assert not told.filter(internal=True).exists()


def test_a_poisoned_clock_stops_no_other(walk: Walker, clock_at: ClockAt, now: datetime) -> None:
    broken, sound = (walk(Path.FILED, number).ticket for number in ("+5511987654321", "+5511976543210"))
    SlaClock.objects.filter(ticket=broken, metric="first_response").update(spans=[["nonsense", None]])
    clock_at(now + timedelta(days=1))
    sweep_clocks()
    assert list(Event.objects.filter(type="sla.breached").values_list("ticket_id", flat=True)) == [sound.pk]


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("state = 'running' AND due_at <= '2026-03-02' ORDER BY due_at", "sla_clock_due"),
        (
            "state = 'running' AND warned_at IS NULL AND warn_at <= '2026-03-02' ORDER BY warn_at",
            "sla_clock_warning_due",
        ),
        ("recompute_at IS NOT NULL ORDER BY recompute_at", "sla_clock_recompute_due"),
    ],
)
def test_each_look_for_due_clocks_has_its_index(db: None, condition: str, index: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("an empty table of PostgreSQL is read whole")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN SELECT ticket_id FROM tickets_slaclock WHERE " + condition)  # noqa: S608
        assert index in str(cursor.fetchall())
