"""The simulated Meta of test tickets, one world a ticket: read from its row, asked, written back, in one short transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings

from config.core.actor import Actor
from config.core.uow import unit_of_work
from providers.meta.client import MetaClient
from providers.meta.sandbox import ADDRESS, CODE, Answer, Sandbox, SandboxTransport
from providers.models import SandboxWorld
from providers.rules.fates import fate_of


def client_for(reference: str, *, by: Actor, now: datetime) -> MetaClient:
    """Return a client that speaks to the sandbox of a test ticket and can reach nothing else."""

    def answer(method: str, path: str, params: Mapping[str, str]) -> Answer | None:
        with _opened(reference, by=by, now=now) as world:
            return world.answer(method=method, path=path, params=params)

    return MetaClient(base_url=ADDRESS, token="sandbox", transport=SandboxTransport(answer))  # noqa: S106  (no secret)


def code_received(*, reference: str, number: str, by: Actor, now: datetime) -> str | None:
    """Return the code that the person with the telephone reads out; None where none has come."""
    with _opened(reference, by=by, now=now) as world:
        return CODE if world.arrived(number.lstrip("+")) else None


@contextmanager
def _opened(reference: str, *, by: Actor, now: datetime) -> Iterator[Sandbox]:
    with unit_of_work(by=by, now=now) as uow:
        stamps = {"created_at": now, "updated_at": now}
        row, _made = SandboxWorld.objects.get_or_create(ticket_reference=reference, defaults=stamps)
        uow.lock(SandboxWorld, row.pk)
        row.refresh_from_db()
        rate = float(settings.TEST_CLOCK_RATE)
        world = Sandbox(row.content, world_id=row.pk, now=now, rate=rate, fate_of=fate_of)
        yield world
        kept: dict[str, Any] = world.kept()
        SandboxWorld.objects.filter(pk=row.pk).update(content=kept)


def forget(reference: str) -> None:
    """Forget the world of a test ticket that is deleted."""
    SandboxWorld.objects.filter(ticket_reference=reference).delete()
