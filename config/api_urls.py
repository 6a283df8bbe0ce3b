"""The API's addresses, version 1."""

from django.urls import path

from config.openapi import OpenApiView
from migrations_app.api import (
    calls,
    directories,
    eligibility,
    exports,
    filing,
    handover,
    message_profiles,
    requirements,
)
from migrations_app.api import tickets as documents
from providers.api.views import BspsView
from tickets.api import conversation, feed, files, service, share_links, webhook_deliveries, webhooks

_TICKET = "tickets/<str:reference>"
_ENDPOINT = "webhook-endpoints/<uuid:endpoint_id>"
_DELIVERY = f"{_ENDPOINT}/deliveries/<uuid:delivery_id>"

urlpatterns = [
    # Polls and what is read most come first: each address that does not match takes time.
    path(f"{_TICKET}/status", documents.TicketStatusView.as_view(), name="ticket-status"),
    path("tickets/batch", filing.BatchView.as_view(), name="tickets-batch"),
    path(_TICKET, documents.TicketDetailView.as_view(), name="ticket"),
    path("events", feed.EventsView.as_view(), name="events"),
    path("tickets", documents.TicketsView.as_view(), name="tickets"),
    path("eligibility-checks", eligibility.ChecksView.as_view(), name="eligibility-checks"),
    path(f"{_TICKET}/hand-over", handover.HandOverView.as_view(), name="hand-over"),
    path(f"{_TICKET}/actions/submit", documents.SubmitView.as_view(), name="ticket-submit"),
    path(f"{_TICKET}/actions/cancel", documents.CancelView.as_view(), name="ticket-cancel"),
    path(f"{_TICKET}/actions/reopen", documents.ReopenView.as_view(), name="ticket-reopen"),
    path(f"{_TICKET}/comments", conversation.CommentsView.as_view(), name="comments"),
    path(f"{_TICKET}/attachments", files.AttachmentsView.as_view(), name="attachments"),
    path(f"{_TICKET}/attachments/<uuid:file_id>", files.AttachmentView.as_view(), name="attachment"),
    path(f"{_TICKET}/share-links", share_links.ShareLinksView.as_view(), name="share-links"),
    path(f"{_TICKET}/share-links/<uuid:link_id>", share_links.ShareLinkView.as_view(), name="share-link"),
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
    path("webhook-endpoints", webhooks.EndpointsView.as_view(), name="webhook-endpoints"),
    path(_ENDPOINT, webhooks.EndpointView.as_view(), name="webhook-endpoint"),
    path(f"{_ENDPOINT}/rotate-secret", webhooks.RotateView.as_view(), name="webhook-rotate-secret"),
    path(f"{_ENDPOINT}/test", webhook_deliveries.PingView.as_view(), name="webhook-test"),
    path(f"{_ENDPOINT}/replay", webhook_deliveries.ReplayView.as_view(), name="webhook-replay"),
    path(f"{_ENDPOINT}/deliveries", webhook_deliveries.DeliveriesView.as_view(), name="webhook-deliveries"),
    path(_DELIVERY, webhook_deliveries.DeliveryView.as_view(), name="webhook-delivery"),
    path(f"{_DELIVERY}/redeliver", webhook_deliveries.RedeliverView.as_view(), name="webhook-redeliver"),
    path("exports", exports.ExportsView.as_view(), name="exports"),
    path("exports/<uuid:export_id>", exports.ExportView.as_view(), name="export"),
    path("exports/<uuid:export_id>/file", exports.ExportFileView.as_view(), name="export-file"),
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
