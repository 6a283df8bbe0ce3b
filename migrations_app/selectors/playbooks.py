"""Reading playbooks."""

from django.db.models import QuerySet

from migrations_app.models import Playbook


def active_playbooks() -> QuerySet[Playbook]:
    """Return the destinations that tickets can name, by slug."""
    return Playbook.objects.filter(active=True).order_by("slug")
