"""The client's hourly message profile: from it slots get their scores."""

import codecs
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api.fields import Amount
from config.core.api.parsers import StrictJSONParser
from config.core.api.schema import described
from config.core.api.shapes import named
from config.core.api.validation import StrictSerializer
from config.core.errors import NotFound
from migrations_app.api.base import TicketView
from migrations_app.rules.message_times import MOST_MESSAGES
from migrations_app.rules.traffic import DAYS, HOURS
from migrations_app.selectors.cases import case_of
from migrations_app.services.message_profiles import drop_profile, set_profile, set_profile_from_times


class TimesParser(BaseParser):
    """Message times, one a line or in a column; the body becomes one text."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """Return the text under `lines`.

        :raises ParseError: it is no UTF-8.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            return {"lines": body.removeprefix(codecs.BOM_UTF8).decode("utf-8")}
        except ValueError as error:
            raise ParseError from error


class _Day(serializers.ListField):
    child = Amount(min_value=0, max_value=MOST_MESSAGES)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=HOURS, max_length=HOURS, **kwargs)


@extend_schema_serializer(component_name="MessageProfile")
class ProfileIn(StrictSerializer):
    """Messages per hour of the client's week: 7 days (0 = Monday) of 24 hours, by `client.timezone`."""

    hours = serializers.ListField(child=_Day(), min_length=DAYS, max_length=DAYS)


class MessageProfileView(TicketView):
    """How many messages the client gets per hour of its week."""

    parser_classes = [StrictJSONParser, TimesParser]

    @described("getMessageProfile", named("MessageProfile"), tag="Pin calls")
    def get(self, request: Request, **_: Any) -> Response:
        """Return the message profile."""
        hours = case_of(self.ticket.pk).message_profile
        if not hours:
            raise NotFound
        return Response({"hours": hours})

    @described(
        "setMessageProfile",
        named("MessageProfile"),
        tag="Pin calls",
        takes={"application/json": ProfileIn, "text/csv": str},
        refusals=[409],
    )
    def put(self, request: Request, **_: Any) -> Response:
        """Set the message profile: how many messages come in, by hour of the week.

        As JSON, or as `text/csv`: one RFC 3339 time a line, or a column `timestamp`, of at least seven days in a row and at
        most 200,000 lines. The times become the average week by `client.timezone`; they themselves are not kept. A line that
        cannot be read is named by `#/lines/<number>`, counted from 1.
        """
        if str(request.content_type).partition(";")[0].strip().lower() == TimesParser.media_type:
            text = str(dict(request.data)["lines"])
            set_profile_from_times(ticket_id=self.ticket.pk, text=text, by=self.actor, now=self.now)
        else:
            hours = self.valid(ProfileIn, request)["hours"]
            set_profile(ticket_id=self.ticket.pk, hours=hours, by=self.actor, now=self.now)
        return Response({"hours": case_of(self.ticket.pk).message_profile})

    @described("deleteMessageProfile", None, tag="Pin calls", status=204, refusals=[409])
    def delete(self, request: Request, **_: Any) -> Response:
        """Forget the message profile."""
        drop_profile(ticket_id=self.ticket.pk, by=self.actor, now=self.now)
        return Response(status=204)
