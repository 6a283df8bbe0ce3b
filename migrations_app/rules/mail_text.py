"""The words of a mail: markup made plain, and what is new in an answer without what it quotes and without its signature."""

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "blockquote", "hr", "pre"}
)
_SILENT = frozenset({"script", "style", "head", "title", "template"})


class _Plain(HTMLParser):
    """Collects the text of markup; quoted blocks get the sign of a quote before each line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = self.quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        if tag == "blockquote":
            self.quoted += 1
        if tag in _BLOCKS:
            self._break()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        if tag == "blockquote":
            self.quoted = max(0, self.quoted - 1)
        if tag in _BLOCKS - {"br", "hr"}:
            self._break()

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break(self) -> None:
        self.parts.append("\n" + "> " * self.quoted)


def text_of_markup(markup: str) -> str:
    """Return the words of an HTML text, one block a line. Nothing is fetched and nothing is executed."""
    parser = _Plain()
    parser.feed(markup)
    parser.close()
    lines = [re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n(?:>[ >]*\n)+", "\n", re.sub(r"\n{3,}", "\n\n", "\n".join(lines))).strip()


_ATTRIBUTION = re.compile(
    r"^\s*(?:on\b.{4,250}\bwrote\s*:|el\b.{4,250}\b(?:escribi[óo]|va escriure)\s*:|em\b.{4,250}\bescreveu\s*:"
    r"|le\b.{4,250}\ba écrit\s*:|[^\n]{4,250}(?:пишет|написал(?:а|\(а\))?)\s*:|[^\n]{0,60}\d{4}\s?г\.[^\n]{4,200}:)\s*$",
    re.IGNORECASE | re.DOTALL,
)
_DIVIDER = re.compile(
    r"^\s*[-_]{2,}\s*(?:original message|forwarded message|mensaje original|mensagem original|missatge original"
    r"|исходное сообщение|пересылаемое сообщение|reply above this line|.*responda? (?:por encima|acima).*)\s*[-_]{2,}\s*$"
    r"|^\s*#{2,}-? ?please type your reply above this line ?-?#{2,}\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(?:from|de|от|from)\s?:\*?\s*\S", re.IGNORECASE)
_SENT = re.compile(
    r"^\s*\*?(?:sent|date|enviado(?: el| em)?|fecha|data|enviat(?: el)?|отправлено|дата|to|para|кому|per a)\s?:\*?",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^\s*\*?(?:subject|asunto|assunto|assumpte|тема)\s?:\*?", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"^(?:--\s?|\s*(?:sent from my|get outlook for|enviado desde mi|enviado do meu|enviado a partir do|отправлено (?:с|из)"
    r"|enviat des del? meu)\b.{0,80})$",
    re.IGNORECASE,
)
_HEADER_LINES = 6
LONGEST = 40_000
"""So many characters are looked at; what is new in an answer stands at its beginning."""


def answer_of(text: str) -> str:
    """Return what a mail says anew: without the history below it and without the signature.

    Answers written between the quoted lines keep the quotes they answer. When nothing would be left, all of it is returned.
    """
    text = text[:LONGEST]
    lines = text.replace("\r\n", "\n").split("\n")[:2000]
    end = _history(lines)
    kept = lines[:end]
    for place, line in enumerate(kept):
        if _SIGNATURE.match(line) and any(before.strip() for before in kept[:place]):
            kept = kept[:place]
            break
    return "\n".join(kept).strip() or text.strip()


def _history(lines: list[str]) -> int:
    """Return the line with which the quoted history begins; the number of lines when there is none."""
    for place, line in enumerate(lines):
        if _DIVIDER.match(line) or _is_header_block(lines, place):
            return place
        if _begins_attribution(lines, place) and not _answers_below(lines[place + 1 :]):
            return place
        if line.startswith(">") and not _answers_below(lines[place:]):
            return place
    return len(lines)


def _begins_attribution(lines: list[str], place: int) -> bool:
    """Tell whether a line, alone or with the one or two after it, says who wrote what follows."""
    if not lines[place].strip() or lines[place].startswith(">"):
        return False
    return any(_ATTRIBUTION.match("\n".join(lines[place : place + length])) for length in (1, 2, 3))


def _is_header_block(lines: list[str], place: int) -> bool:
    if not _FROM.match(lines[place]):
        return False
    following = lines[place + 1 : place + _HEADER_LINES]
    return any(_SENT.match(line) for line in following) and any(_ABOUT.match(line) for line in following)


def _answers_below(lines: list[str]) -> bool:
    """Tell whether somebody wrote between or below quoted lines."""
    quoted = False
    for line in lines:
        if line.startswith(">"):
            quoted = True
        elif _SIGNATURE.match(line):
            return False
        elif quoted and line.strip():
            return True
    return False
