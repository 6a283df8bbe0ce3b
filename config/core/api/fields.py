"""Fields that take exactly their JSON type: a number is no text, a text is no flag, nothing is guessed."""

import re
from datetime import UTC, date, datetime
from typing import Any, ClassVar, cast

from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.core.api.queries import LAST_YEAR
from config.core.languages import nearest_language
from config.core.zones import time_zones


class StrictText(serializers.CharField):
    """A JSON string."""

    default_error_messages: ClassVar = {"invalid": gettext_lazy("This must be a text.")}

    def to_internal_value(self, data: Any) -> str:
        """Refuse anything that is no string."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(StrictText):
    """A text of bounded length; blank and null mean that nothing was said."""

    def __init__(self, max_length: int = 200, **kwargs: Any) -> None:
        options: dict[str, Any] = {"required": False, "allow_null": True, "allow_blank": True, **kwargs}
        super().__init__(max_length=max_length, **options)


class Email(serializers.EmailField):
    """An e-mail address; blank and null mean that nothing was said."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_blank=True, max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Refuse anything that is no string."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Zone(Text):
    """An IANA time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Refuse what is no IANA zone."""
        value: str = super().to_internal_value(data)
        if value and value not in time_zones():
            detail = _("This is no IANA time zone, e.g. America/Sao_Paulo.")
            raise serializers.ValidationError(detail, code="invalid_choice")
        return value


class Word(serializers.ChoiceField):
    """One of a list of words; null means that nothing was said."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices=choices, **{"required": False, "allow_null": True, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        """Refuse whatever is not in the list, with the list; also what is no string, even if its text would be in it."""
        if not isinstance(data, str) or data not in self.choices:
            detail = _("Use one of: %(words)s.") % {"words": ", ".join(self.choices)}
            raise serializers.ValidationError(detail, code="invalid_choice")
        return super().to_internal_value(data)


class Language(Word):
    """One of our languages. A BCP 47 tag in another spelling, or of a region that we have no words for, is the nearest of ours."""

    def __init__(self, **kwargs: Any) -> None:
        note = "Other spellings and regions, e.g. pt-BR or es-MX, are taken as the nearest of these."
        super().__init__([code for code, _name in settings.LANGUAGES], **{"help_text": note, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        """Return our own code of the language."""
        return super().to_internal_value(nearest_language(data) if isinstance(data, str) else None)


class Flag(serializers.BooleanField):
    """True or false; null means that nothing was said."""

    default_error_messages: ClassVar = {"invalid": gettext_lazy("This must be true or false.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def to_internal_value(self, data: Any) -> bool:
        """Refuse words and numbers that merely look like a truth value."""
        if not isinstance(data, bool):
            self.fail("invalid", input=type(data).__name__)
        return data


class Whole(serializers.IntegerField):
    """A JSON integer."""

    def to_internal_value(self, data: Any) -> int:
        """Refuse texts, fractions and truth values."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class Amount(serializers.FloatField):
    """A JSON number, whole or not."""

    def to_internal_value(self, data: Any) -> float:
        """Refuse texts and truth values; a whole number stays one."""
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        value = super().to_internal_value(data)
        return int(value) if value.is_integer() else value


class ClockTime(StrictText):
    """A wall-clock time of the day, HH:MM."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(r"\A([01]\d|2[0-3]):[0-5]\d\Z", gettext_lazy("Use HH:MM, e.g. 06:30.")))


class Uuid(serializers.UUIDField):
    """A UUID as text; null means that nothing was said."""

    default_error_messages: ClassVar = {"invalid": gettext_lazy("This must be a UUID.")}

    def to_internal_value(self, data: Any) -> Any:
        """Refuse anything that is no string."""
        if not isinstance(data, str):
            self.fail("invalid", value=type(data).__name__)
        return super().to_internal_value(data)


class TextOrObject(serializers.Field[Any, Any, Any, Any]):
    """The one member that matters as plain text, or an object with more. Subclasses name the object's serializer."""

    object_form: type[serializers.Serializer[Any]]
    max_length = 40

    def to_internal_value(self, data: Any) -> Any:
        """Check a string as text, anything else as the object."""
        if isinstance(data, str):
            return StrictText(max_length=self.max_length).run_validation(data)
        form = self.object_form(data=data)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)

    def to_representation(self, value: Any) -> Any:
        """Return the value as it is."""
        return value


class UtcTime(serializers.DateTimeField):
    """A moment with its offset; one without cannot be placed in time and is refused."""

    default_error_messages: ClassVar = {"overflow": gettext_lazy("This time is out of range.")}

    def enforce_timezone(self, value: datetime) -> datetime:
        """Refuse naive times, turn the others into UTC."""
        if value.tzinfo is None:
            raise serializers.ValidationError(_("Give the offset, e.g. 2026-03-02T15:00:00Z."), code="invalid")
        try:
            moment = value.astimezone(UTC)
        except OverflowError:
            moment = None
        if moment is None or moment.year > LAST_YEAR:
            raise serializers.ValidationError(_("This time is out of range."), code="invalid")
        return moment


@extend_schema_field({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]})
class DayOrTime(serializers.Field[Any, Any, Any, Any]):
    """A moment with its offset, or a plain day: whoever takes it knows where that day is."""

    def to_internal_value(self, data: Any) -> date:
        """Return a moment in UTC, or the day; refuse everything else by naming both forms."""
        if not isinstance(data, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", data, re.ASCII):
            try:
                return cast("datetime", UtcTime().run_validation(data))
            except serializers.ValidationError as error:
                raise self._neither() from error
        try:
            day = date.fromisoformat(data)
        except ValueError as error:
            raise self._neither() from error
        if day.year > LAST_YEAR:
            raise serializers.ValidationError(_("This time is out of range."), code="invalid")
        return day

    def to_representation(self, value: Any) -> Any:
        """Return the value as it is."""
        return value

    @staticmethod
    def _neither() -> serializers.ValidationError:
        detail = _("Give a day, e.g. 2026-03-06, or a moment with its offset, e.g. 2026-03-06T15:00:00Z.")
        return serializers.ValidationError(detail, code="invalid")
