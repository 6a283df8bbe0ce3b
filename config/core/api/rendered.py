"""Documents ready to be sent, kept in this process under their entity tags.

A tag names exactly one document (nothing in it comes from the clock), so what is kept can be forgotten but never be wrong,
and processes need not tell each other of changes: after one, everybody asks for another tag.
"""

from collections import OrderedDict
from threading import Lock

MOST = 2000
"""A ticket's document has about 6 kB, so this is about 12 MB."""


class RenderedDocuments:
    """The documents asked for last."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._kept, self._lock = most, OrderedDict[tuple[str, str], bytes](), Lock()

    def get(self, name: str, tag: str) -> bytes | None:
        """Return the document of that name under that tag if it is kept."""
        with self._lock:
            found = self._kept.get((name, tag))
            if found is not None:
                self._kept.move_to_end((name, tag))
            return found

    def keep(self, name: str, tag: str, body: bytes) -> None:
        """Keep a document; the one asked for longest ago goes."""
        with self._lock:
            self._kept[name, tag] = body
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
