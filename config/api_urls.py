"""The API's addresses, version 1."""

from django.urls import path

from config.openapi import OpenApiView
from migrations_app.api import calls, directories, eligibility, filing, handover, message_profiles, requirements
from migrations_app.api import tickets as documents
from providers.api.views import BspsView
from tickets.api import conversation, feed, files, service

_TICKET = "tickets/<str:reference>"

urlpatterns = [
    path("tickets", documents.TicketsView.as_view(), name="tickets"),
    path("tickets/batch", filing.BatchView.as_view(), name="tickets-batch"),
    path("eligibility-checks", eligibility.ChecksView.as_view(), name="eligibility-checks"),
    path(_TICKET, documents.TicketDetailView.as_view(), name="ticket"),
    path(f"{_TICKET}/status", documents.TicketStatusView.as_view(), name="ticket-status"),
    path(f"{_TICKET}/hand-over", handover.HandOverView.as_view(), name="hand-over"),
    path(f"{_TICKET}/actions/submit", documents.SubmitView.as_view(), name="ticket-submit"),
    path(f"{_TICKET}/actions/cancel", documents.CancelView.as_view(), name="ticket-cancel"),
    path(f"{_TICKET}/actions/reopen", documents.ReopenView.as_view(), name="ticket-reopen"),
    path(f"{_TICKET}/comments", conversation.CommentsView.as_view(), name="comments"),
    path(f"{_TICKET}/attachments", files.AttachmentsView.as_view(), name="attachments"),
    path(f"{_TICKET}/attachments/<uuid:file_id>", files.AttachmentView.as_view(), name="attachment"),
    path(f"{_TICKET}/events", conversation.TicketEventsView.as_view(), name="ticket-events"),
    path(f"{_TICKET}/requirements/<str:code>/claim", requirements.ClaimView.as_view(), name="requirement-claim"),
    path(
        f"{_TICKET}/requirements/<str:code>/requested",
        requirements.RequestedView.as_view(),
        name="requirement-requested",
    ),
    path(f"{_TICKET}/chases", requirements.ChasesView.as_view(), name="chases"),
    path(f"{_TICKET}/message-profile", message_profiles.MessageProfileView.as_view(), name="message-profile"),
    path(f"{_TICKET}/slots", calls.SlotsView.as_view(), name="slots"),
    path(f"{_TICKET}/slot-holds", calls.HoldsView.as_view(), name="slot-holds"),
    path(f"{_TICKET}/pin-calls", calls.CallsView.as_view(), name="pin-calls"),
    path(f"{_TICKET}/pin-calls/<uuid:call_id>.ics", calls.InvitationView.as_view(), name="pin-call-ics"),
    path(f"{_TICKET}/pin-calls/<uuid:call_id>", calls.CallView.as_view(), name="pin-call"),
    path("events", feed.EventsView.as_view(), name="events"),
    path("bsps", BspsView.as_view(), name="bsps"),
    path("destinations", directories.DestinationsView.as_view(), name="destinations"),
    path("requirement-types", directories.RequirementTypesView.as_view(), name="requirement-types"),
    path("queues", service.QueuesView.as_view(), name="queues"),
    path("statuses", service.StatusesView.as_view(), name="statuses"),
    path("problems", service.ProblemsView.as_view(), name="problems"),
    path("problems/<str:code>", service.ProblemView.as_view(), name="problem"),
    path("me", service.MeView.as_view(), name="me"),
    path("openapi.json", OpenApiView.as_view(), name="openapi"),
]
