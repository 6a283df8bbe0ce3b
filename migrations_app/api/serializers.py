"""Shapes of what the API takes. What the field knows (numbers, identifiers) is decided in `services.form_reading`."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from config.core.api.fields import (
    ClockTime,
    DayOrTime,
    Email,
    Flag,
    Language,
    StrictText,
    Text,
    TextOrObject,
    UtcTime,
    Uuid,
    Whole,
    Word,
    Zone,
)
from config.core.api.validation import StrictSerializer
from migrations_app import enums
from migrations_app.rules.evidence import LONGEST_LINK
from migrations_app.rules.phone import NotAPhoneNumber, parse_phone
from migrations_app.services.form_reading import MAX_NUMBERS
from tickets.enums import CancelReason, TicketKind

COUNTRY_LENGTH = 2
MOST_WINDOWS = 100


@extend_schema_serializer(component_name="Client")
class ClientIn(StrictSerializer):
    """Who is served."""

    name = StrictText(max_length=200)
    contact_name = Text()
    contact_email = Email()
    contact_phone = Text(max_length=40)
    language = Language()
    timezone = Zone()
    country = Text(max_length=COUNTRY_LENGTH)

    def validate_country(self, value: str | None) -> str | None:
        """Refuse what is no ISO 3166 alpha-2 code."""
        if value and not (len(value) == COUNTRY_LENGTH and value.isascii() and value.isalpha()):
            raise serializers.ValidationError(
                _("Use the ISO 3166 code of two letters, e.g. BR."), code="invalid_choice"
            )
        return value.upper() if value else value


@extend_schema_serializer(component_name="OtpContact")
class OtpContactIn(StrictSerializer):
    """Who holds the phone that receives the 6-digit code."""

    name = StrictText(max_length=200)
    phone = Text(max_length=40)
    email = Email()
    language = Language()


@extend_schema_serializer(component_name="NumberAnswers")
class NumberIn(StrictSerializer):
    """One number with what is known of its line."""

    number = StrictText(max_length=40)
    line_type = Word(enums.LineType.choices)
    behind_ivr = Flag()
    otp_method = Word(enums.OtpMethod.choices)
    otp_contact = OtpContactIn(required=False, allow_null=True)
    display_name = Text()
    display_name_status = Word(enums.DisplayNameStatus.choices)
    connection_status = Word(enums.ConnectionStatus.choices)


class NumberItem(TextOrObject):
    """A number as a plain string or as an object."""

    object_form = NumberIn


@extend_schema_serializer(component_name="LowTrafficWindow")
class WindowIn(StrictSerializer):
    """A quiet stretch of the week: 0 = Monday, wall clock of the client; `end <= start` ends the next day."""

    weekday = Whole(min_value=0, max_value=6)
    start = ClockTime()
    end = ClockTime()


class FormIn(StrictSerializer):
    """The form's answers, all but those about the client."""

    client_reference = Text(max_length=100)
    group_reference = Text(max_length=100)
    phone_numbers = serializers.ListField(child=NumberItem(), required=False, allow_null=True)
    current_bsp = Text()
    destination = Text(max_length=50)
    business_verification = Word(enums.BusinessVerification.choices)
    hosting = Word(enums.Hosting.choices)
    connection_status = Word(enums.ConnectionStatus.choices)
    waba_id = Text(max_length=40)
    business_manager_id = Text(max_length=40)
    waba_owner = Word(enums.WabaOwner.choices)
    two_step_verification = Word(enums.TwoStep.choices)
    uses_business_app = Flag()
    moves = Word(enums.Moves.choices)
    low_traffic_windows = serializers.ListField(child=WindowIn(), required=False, allow_null=True)
    notes = Text(max_length=5000)

    def validate_low_traffic_windows(self, value: Sequence[Any] | None) -> Sequence[Any] | None:
        """Refuse more stretches than a week can sensibly have."""
        if value and len(value) > MOST_WINDOWS:
            raise serializers.ValidationError(_("At most 100 low-traffic windows."), code="too_many_items")
        return value


@extend_schema_serializer(component_name="TicketForm")
class TicketIn(FormIn):
    """The form. To submit: client.name, client.contact_email, phone_numbers and the four answers without a default."""

    kind = Word(TicketKind.choices)
    client = ClientIn()
    submit = Flag()

    def to_internal_value(self, data: Any) -> Any:
        """Take a client of whom nothing was said as one without answers: it is told what is needed of it."""
        if isinstance(data, Mapping) and data.get("client") is None:
            data = {**data, "client": {}}
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put the defaults where nothing was said."""
        attrs["kind"] = attrs.get("kind") or TicketKind.NUMBER_MIGRATION
        attrs["submit"] = attrs.get("submit") is not False
        return attrs


@extend_schema_serializer(component_name="ClientChanges")
class ClientPatch(ClientIn):
    """What changes of who is served."""

    name = StrictText(max_length=200, required=False)


@extend_schema_serializer(component_name="TicketChanges")
class TicketPatch(FormIn):
    """What changes of the form: a JSON merge patch (RFC 7396) with the names of filing; null empties an answer.

    `phone_numbers` is the new set: numbers that are there already keep their progress and what the item leaves out.
    """

    client = ClientPatch(required=False)


@extend_schema_serializer(component_name="EligibilityQuestion")
class CheckIn(FormIn):
    """Numbers, and whatever else of the form is known already. `submit` makes no difference."""

    kind = Word(TicketKind.choices)
    client = ClientPatch(required=False, allow_null=True)
    phone_numbers = serializers.ListField(child=NumberItem())
    submit = Flag()

    def validate_phone_numbers(self, value: list[Any]) -> list[Any]:
        """Refuse an empty list and one that is too long."""
        if not value:
            raise serializers.ValidationError(_("Send at least one number."), code="required")
        if len(value) > MAX_NUMBERS:
            raise serializers.ValidationError(_("At most 100 numbers."), code="too_many_items")
        return value


class InternationalNumber(StrictText):
    """A number in international form, with or without its plus; it becomes E.164."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        """Refuse what is no number."""
        text = super().to_internal_value(data)
        try:
            return parse_phone(text if text.startswith("+") else f"+{text}").number
        except NotAPhoneNumber:
            detail = _("This is no phone number in international form.")
            raise serializers.ValidationError(detail, code="invalid_phone_number") from None


class NumbersIn(StrictSerializer):
    """Some of the ticket's numbers; all of them when left out."""

    phone_numbers = serializers.ListField(child=InternationalNumber(), required=False, allow_null=True)


@extend_schema_serializer(component_name="Claim")
class ClaimIn(NumbersIn):
    """A claim that a requirement is true."""

    statement = Text(max_length=5000)
    value = Text(max_length=40)
    link = Text(max_length=LONGEST_LINK, help_text="An https address where it can be seen.")
    attachment = Uuid(required=False, allow_null=True, help_text="A file of this ticket.")
    confirmed_by = Word(["client", "old_bsp", "meta", "onboarding"])


@extend_schema_serializer(component_name="Requested")
class RequestedIn(NumbersIn):
    """The old BSP has been asked."""

    requested_at = UtcTime(required=False, allow_null=True)
    external_reference = Text(
        max_length=100, help_text="The old BSP's case number. Left out, the known one stays; null or blank clears it."
    )
    promised_for = DayOrTime(
        required=False,
        allow_null=True,
        help_text="Not in the past. A day ends at six in the evening in the client's time zone; today, said after six, at "
        "midnight. Left out, nothing is promised.",
    )


@extend_schema_serializer(component_name="Cancellation")
class CancelIn(StrictSerializer):
    """Why a ticket is cancelled."""

    reason = Word(CancelReason.choices)


@extend_schema_serializer(component_name="Nothing")
class EmptyIn(StrictSerializer):
    """Nothing."""


@extend_schema_serializer(component_name="HoldWish")
class HoldIn(StrictSerializer):
    """A slot to hold."""

    start = UtcTime()
    numbers = serializers.ListField(child=InternationalNumber(), required=False, allow_null=True, allow_empty=False)


@extend_schema_serializer(component_name="CallWish")
class BookIn(StrictSerializer):
    """A call to book: a hold, or a moment."""

    hold_id = Uuid(required=False, allow_null=True)
    start = UtcTime(required=False, allow_null=True)
    numbers = serializers.ListField(child=InternationalNumber(), required=False, allow_null=True, allow_empty=False)
    timezone = Zone()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand a hold or a moment, not both; a hold has its numbers and zone already."""
        if bool(attrs.get("hold_id")) == bool(attrs.get("start")):
            raise serializers.ValidationError({"start": [_("Give either hold_id or start.")]}, code="required")
        if attrs.get("hold_id") and (attrs.get("numbers") or attrs.get("timezone")):
            raise serializers.ValidationError({"hold_id": [_("A hold has its numbers and its time zone already.")]})
        return attrs


@extend_schema_serializer(component_name="CallMove")
class MoveCallIn(StrictSerializer):
    """Where a call is moved to."""

    start = UtcTime()
