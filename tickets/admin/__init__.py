"""Organizations, queues, service levels and webhooks in the admin. Importing it registers every page."""

from tickets.admin import organizations, service_levels, webhooks
from tickets.admin.desk import actor_of

__all__ = ["actor_of", "organizations", "service_levels", "webhooks"]
