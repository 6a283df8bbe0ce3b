"""Which organization has a system of its own that takes our messages."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganizationEndpoint(models.Model):
    """An organization's own system: its clients' reminders go there where mail does not reach them, or a rung says so."""

    organization = models.OneToOneField(
        "tickets.Organization", on_delete=models.CASCADE, related_name="+", verbose_name=_("organization")
    )
    endpoint = models.ForeignKey(
        "providers.HttpEndpoint",
        on_delete=models.CASCADE,
        related_name="organizations",
        verbose_name=_("HTTP endpoint"),
    )

    class Meta:
        verbose_name = _("organization with an HTTP endpoint")
        verbose_name_plural = _("organizations with an HTTP endpoint")

    def __str__(self) -> str:
        return str(self.organization)
