"""A crew of real processes for the fault test: `python -m tests.journeys.crew FOLDER WORKERS BEATS TICKETS`.

Django is loaded once; workers and beats are forked from it, so that ten of them start within a second. Whoever is killed is
replaced, as an init system would. The pids stand in FOLDER/pids.json.
"""

import json
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
django.setup()

from django.db import connections  # noqa: E402

from config.celery import app  # noqa: E402
from config.core import clock  # noqa: E402
from config.core.actor import OPERATOR  # noqa: E402
from migrations_app.services.intake import file_ticket  # noqa: E402
from tests.factories.desk import make_key  # noqa: E402
from tests.factories.forms import form  # noqa: E402
from tickets.services.organizations import ensure_organization  # noqa: E402


def file_tickets(count: int) -> None:
    """File so many tickets, each of another client: each has a first message that is due at once."""
    now = clock.now()
    partner = ensure_organization(name="Agencia Norte", partner=True, by=OPERATOR, now=now)
    key = make_key(partner, now=now)
    for place in range(count):
        client = {"name": f"Loja {place}", "contact_email": f"loja{place}@example.com"}
        answers = form(f"+551198700{place:04d}", client=client)
        file_ticket(form=answers, organization=partner, by=key.actor, now=now)


def work(folder: Path, role: str, place: int) -> None:
    """Be a worker or a beat until killed."""
    if role == "worker":
        options = [
            "--pool=solo",
            "--without-mingle",
            "--without-gossip",
            "--without-heartbeat",
            f"--hostname=w{place}@crew",
        ]
        app.start(["--quiet", "worker", "--loglevel=ERROR", *options])
    else:
        app.start(["--quiet", "beat", "--loglevel=ERROR", "--pidfile=", f"--schedule={folder}/beat-{place}"])


def main() -> None:
    """Fork the crew and keep it complete."""
    folder, workers, beats, tickets = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    file_tickets(tickets)
    connections.close_all()
    places = {("worker", n) for n in range(workers)} | {("beat", n) for n in range(beats)}
    crew: dict[int, tuple[str, int]] = {}
    while True:
        for role, place in sorted(places - set(crew.values())):
            pid = os.fork()
            if not pid:
                work(folder, role, place)
                os._exit(0)
            crew[pid] = (role, place)
        fresh = folder / "pids.new"
        fresh.write_text(json.dumps({str(pid): role for pid, (role, _place) in crew.items()}))
        fresh.replace(folder / "pids.json")
        dead, _status = os.wait()
        crew.pop(dead, None)


if __name__ == "__main__":
    main()
