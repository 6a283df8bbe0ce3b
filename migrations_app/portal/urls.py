"""Pages for people without an account, each behind a signed link."""

from django.urls import path, re_path

from migrations_app.portal.calls import call, invite
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
    re_path(r"^(?P<page>[chu])(?:/.*)?$", lost, name="lost"),
]
