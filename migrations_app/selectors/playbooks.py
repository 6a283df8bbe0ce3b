"""Reading playbooks."""

from django.db.models import QuerySet

from migrations_app.models import Playbook


def active_playbooks() -> QuerySet[Playbook]:
    """Return the destinations that tickets can name, by slug."""
    return (
        Playbook.objects.filter(active=True).select_related("meta_account").prefetch_related("stages").order_by("slug")
    )
