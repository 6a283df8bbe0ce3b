"""Who files tickets: organizations, their API keys, their people."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.core.models import TimestampedModel, in_list
from tickets.enums import KeyState, OrganizationChangeType, OrganizationKind
from tickets.rules.keys import KeyTimes, key_state


class Organization(TimestampedModel):
    """A client, or a partner that files for many clients. Its row is the lock of its event sequence."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=OrganizationKind.choices, default=OrganizationKind.CLIENT)
    event_seq = models.BigIntegerField(_("last event number"), default=0, editable=False)
    event_floor = models.BigIntegerField(
        _("last event number that the feed no longer tells"), default=0, editable=False
    )

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        constraints = [
            in_list("kind", OrganizationKind, name="organization_kind_in_list"),
            models.CheckConstraint(
                condition=models.Q(event_floor__lte=models.F("event_seq")), name="organization_feed_floor"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A staff user with the role Client belongs to exactly one organization and sees nothing else."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership", verbose_name=_("user")
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("organization")
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")

    def __str__(self) -> str:
        return f"{self.user} · {self.organization}"


class ApiKey(TimestampedModel):
    """A hashed key. The key itself is shown once, when it is made, and never stored."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("organization")
    )
    label = models.CharField(_("label"), max_length=100, blank=True)
    prefix = models.CharField(_("prefix"), max_length=24, unique=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    test = models.BooleanField(_("test key"), default=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    allowed_networks = models.JSONField(_("allowed networks"), default=list, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    successor = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.organization})"

    def state(self, now: datetime) -> KeyState:
        """Return what the key is good for at a moment."""
        return key_state(KeyTimes(self.expires_at, self.revoked_at, self.successor_id is not None), now=now)


class OrganizationChange(models.Model):
    """One thing that was done to an organization or its keys, and by whom. Only ever added to; it names no secret.

    Not an event: partners have no use for it, and it is kept as long as the organization.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="changes", verbose_name=_("organization")
    )
    type = models.CharField(_("type"), max_length=20, choices=OrganizationChangeType.choices)
    key_prefix = models.CharField(_("key"), max_length=24, blank=True, default="")
    data = models.JSONField(_("data"), default=dict)
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_label = models.CharField(_("actor"), max_length=200)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("change of an organization")
        verbose_name_plural = _("changes of organizations")
        ordering = ("-at", "-id")
        constraints = [in_list("type", OrganizationChangeType, name="organization_change_in_list")]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.key_prefix}".strip()
