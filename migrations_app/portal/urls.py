"""Pages for people without an account, each behind a signed link."""

from django.urls import path

from migrations_app.portal.holders import holder
from migrations_app.portal.nudges import nudges

urlpatterns = [
    path("h/<str:token>", holder, name="holder"),
    path("u/<str:token>", nudges, name="nudges"),
]
