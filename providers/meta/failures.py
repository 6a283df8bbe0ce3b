"""The three ways in which a call to Meta does not succeed. None of them ever carries a code, a PIN or a token."""

from providers.types import MetaProblem


class MetaFailure(Exception):
    """A call to Meta did not succeed; `call` names it (for example "register")."""

    def __init__(self, text: str, *, call: str) -> None:
        super().__init__(text)
        self.call = call


class MetaRefused(MetaFailure):
    """Graph answered with an error, and `problem` says why.

    Nothing was changed at Meta, except perhaps under `server_unavailable`: read the facts before repeating that one.
    """

    def __init__(self, problem: MetaProblem, *, call: str) -> None:
        super().__init__(f"{call} was refused: {problem.key} (code {problem.code})", call=call)
        self.problem = problem


class MetaUnanswered(MetaFailure):
    """No usable answer came: whether the call took effect is unknown until the facts are read again.

    `reason` is one of timeout, connection_lost, unreadable_answer, http_<status>.
    """

    def __init__(self, reason: str, *, call: str) -> None:
        super().__init__(f"{call} was not answered: {reason}", call=call)
        self.reason = reason


class MetaUnreachable(MetaUnanswered):
    """The call certainly never left (no connection): nothing changed, it may be sent again.

    A kind of MetaUnanswered, so that a caller who forgets the difference errs on the careful side.
    """
