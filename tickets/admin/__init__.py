"""Organizations, queues and service levels in the admin. Importing it registers every page."""

from tickets.admin import service_levels
from tickets.admin.desk import actor_of

__all__ = ["actor_of", "service_levels"]
