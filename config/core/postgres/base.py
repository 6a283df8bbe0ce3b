"""Django's PostgreSQL, with a look at a kept connection that costs no question.

Named by `ENGINE`, as Django wants it: a package with a module `base`.
"""

from select import POLLIN, poll
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks the server whether a kept connection still works only where something speaks against it.

    Django asks `SELECT 1` before the first statement of every request, which takes as long as the statement itself. A server that
    has closed a connection (restart, fail-over, an end by an administrator) has said so: something lies there to be read, where
    between two requests nothing may.
    """

    health_check_enabled: bool
    health_check_done: bool

    def close_if_health_check_failed(self) -> None:
        """Close the connection if it does not work any more; looked at once a request."""
        if self.connection is not None and self.health_check_enabled and not self.health_check_done:
            self.health_check_done = _is_quiet(self.connection)
        super().close_if_health_check_failed()


def _is_quiet(connection: Any) -> bool:
    """Tell whether the server has sent nothing since the last answer."""
    if connection.closed:
        return False
    look = poll()
    look.register(connection.fileno(), POLLIN)
    return not look.poll(0)
