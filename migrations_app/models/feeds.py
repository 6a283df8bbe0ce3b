"""The address at which an agent's own calendar program reads the agent's calls."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel


class CalendarFeed(TimestampedModel):
    """One agent's private calendar. Only the hash of its token is kept; `updated_at` is when the present token was made."""

    agent = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("agent")
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return str(self.agent)
