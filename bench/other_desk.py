"""django-helpdesk as its documentation sets it up, for comparison: a project in one file, run by a Python of its own.

    other_desk.py fill COUNT    migrate, file COUNT tickets, sign a person of the staff in, print the session and the ids as JSON
    bench.other_desk:application what the web server serves

`bench/other_desk.txt` names its packages; none of them is one of ours.
"""

import json
import os
import sys
from urllib.parse import urlsplit

from django.conf import settings

ADDRESS = urlsplit(os.environ["HELPDESK_DATABASE_URL"])
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": ADDRESS.path.strip("/"),
            "USER": ADDRESS.username or "",
            "PASSWORD": ADDRESS.password or "",
            "HOST": ADDRESS.hostname or "",
            "PORT": ADDRESS.port or "",
            "CONN_MAX_AGE": None,
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.humanize",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.sites",
        "django.contrib.staticfiles",
        "rest_framework",
        "helpdesk",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    HELPDESK_TEAMS_MODE_ENABLED=False,
    ROOT_URLCONF="helpdesk.urls",
    SECRET_KEY="a benchmark's, for one run",  # noqa: S106
    SITE_ID=1,
    STATIC_URL="/static/",
    USE_TZ=True,
)

from django.core.wsgi import get_wsgi_application  # noqa: E402

application = get_wsgi_application()


def fill(count: int) -> dict[str, object]:
    """Make the tables, a queue, so many tickets, and somebody who is signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from helpdesk.models import Queue, Ticket  # type: ignore[import-not-found]

    call_command("migrate", verbosity=0)
    queue = Queue.objects.create(title="Onboarding", slug="onboarding")
    rows = (
        Ticket(
            title=f"Loja {n}", queue=queue, submitter_email=f"loja{n}@client.example", description="Moves its number."
        )
        for n in range(count)
    )
    made = Ticket.objects.bulk_create(rows, batch_size=1000)
    user = get_user_model().objects.create(username="agent", is_staff=True, is_superuser=True)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"session": session.session_key, "ids": [ticket.pk for ticket in made[:: max(1, count // 100)]]}


if __name__ == "__main__":
    print(json.dumps(fill(int(sys.argv[2]))))
