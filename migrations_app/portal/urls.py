"""Pages for people without an account, each behind a link of its own."""

from django.urls import path, re_path

from migrations_app.portal.calls import call, invite
from migrations_app.portal.client import client, client_invite
from migrations_app.portal.feeds import agent_calendar
from migrations_app.portal.holders import holder
from migrations_app.portal.lost import lost
from migrations_app.portal.nudges import nudges

urlpatterns = [
    path("cal/<str:token>.ics", agent_calendar, name="agent_calendar"),
    path("h/<str:token>", holder, name="holder"),
    path("u/<str:token>", nudges, name="nudges"),
    path("c/<str:token>", call, name="call"),
    path("c/<str:token>/call.ics", invite, name="call-ics"),
    path("t/<str:token>", client, name="client"),
    path("t/<str:token>/call.ics", client_invite, name="client-ics"),
    re_path(r"^(?P<page>[chtu])(?:/.*)?$", lost, name="lost"),
]
