"""The login form: name, password and, where the desk demands it, a one-time password."""

from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES


class LoginForm(AuthenticationForm):
    """Asks for the one-time password together with the password, so that neither alone tells whether it was right."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.ADMIN_OTP_REQUIRED:
            self.fields["otp_token"] = forms.CharField(
                label=_("One-time password"),
                max_length=6,
                help_text=_("The six digits that your authenticator app shows now."),
                widget=forms.TextInput(
                    attrs={
                        "autocomplete": "one-time-code",
                        "inputmode": "numeric",
                        "class": " ".join(BASE_INPUT_CLASSES),
                    }
                ),
            )

    def clean(self) -> dict[str, Any]:
        """Check the second factor once the first has held.

        :raises ValidationError: the one-time password does not belong to this user's device, or there is no device.
        """
        cleaned: dict[str, Any] = super().clean()
        user = self.get_user()
        token = str(cleaned.get("otp_token") or "")
        # A missing token is the field's complaint; it must not count as a guess at the device.
        if settings.ADMIN_OTP_REQUIRED and user is not None and token:
            user.otp_device = _device_that_accepts(user, token)
            if user.otp_device is None:
                raise forms.ValidationError(
                    _("The one-time password is wrong or has been used already. Wait for the next one."),
                    code="invalid_otp",
                )
        return cleaned


def _device_that_accepts(user: Any, token: str) -> TOTPDevice | None:
    """Return the user's confirmed authenticator if it accepts the token; its own throttle answers guessing."""
    with transaction.atomic():
        devices = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).order_by("id")
        for device in devices:
            if device.verify_is_allowed()[0] and device.verify_token(token):
                return device
    return None
