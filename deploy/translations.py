"""Translation catalogues without GNU gettext: `extract` brings them up to the code, `compile` makes .mo, `check` holds both.

python deploy/translations.py extract|compile|check
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import polib
from babel.messages.extract import extract_python

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
APPS = ("config", "tickets", "migrations_app", "providers")
LANGUAGES = ("es", "pt_BR", "ru", "ca")
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")
Message = tuple[str | None, str, str | None]


def python_messages(source: str) -> Iterator[Message]:
    """Yield (context, text, plural) of every marked string."""
    for _line, function, found, _comments in extract_python(
        io.BytesIO(source.encode()), KEYWORDS, [], {"encoding": "utf-8"}
    ):
        # Babel's types say list; it yields a text, or a tuple with None for what is no literal.
        raw: Any = found
        texts = [text for text in (raw if isinstance(raw, tuple) else (raw,)) if isinstance(text, str)]
        if not texts:
            continue
        if function == "pgettext":
            yield texts[0], texts[1], None
        elif str(function).startswith("ngettext"):
            yield None, texts[0], texts[1]
        else:
            yield None, texts[0], None


def all_messages() -> dict[tuple[str | None, str], Message]:
    """Return every string for people: code, templates, Meta's errors, playbooks, and the theme's own (it ships no translations)."""
    import unfold
    from django.utils.translation.template import templatize

    from migrations_app.services.playbooks import playbook_data
    from providers.meta.error_texts import ERROR_TEXTS

    theme = Path(unfold.__file__).parent
    known = django_knows()
    found: list[Message] = []
    for folder in (*(ROOT / app for app in APPS), theme):
        here: list[Message] = []
        for path in sorted(folder.rglob("*.py")):
            if "migrations" not in path.parts and (folder != theme or "contrib" not in path.parts):
                here += python_messages(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html")):
            if folder == theme and ("contrib" in path.parts and "filters" not in path.parts):
                continue
            here += python_messages(_flat(templatize(path.read_text(encoding="utf-8"), origin=str(path))))
        found += [message for message in here if folder != theme or message[1] not in known]
    for text in ERROR_TEXTS.values():
        found += [(None, text.title, None), (None, text.what_to_do, None)]
    for playbook in playbook_data()["playbooks"]:
        found += [(None, stage[name], None) for stage in playbook["stages"] for name in ("title", "what")]
    return {(context, text): (context, text, plural) for context, text, plural in found if text.strip()}


def django_knows() -> set[str]:
    """Return the strings that Django itself translates into all of our languages."""
    base = Path(django.__file__).parent
    known: list[set[str]] = []
    for language in LANGUAGES:
        files = base.glob(f"**/locale/{language}/LC_MESSAGES/django.mo")
        known.append({entry.msgid for path in files for entry in polib.mofile(str(path))})
    return set.intersection(*known)


def _flat(source: str) -> str:
    """Return templatized text without indentation, which means nothing in a template and much in Python."""
    return "\n".join(line.strip() for line in source.splitlines())


def catalogue(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def load(language: str) -> polib.POFile:
    """Return a language's catalogue, an empty one where there is none yet."""
    path = catalogue(language)
    if path.exists():
        return polib.pofile(str(path), wrapwidth=100)
    made = polib.POFile(wrapwidth=100)
    made.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    return made


PLURALS = {
    "es": "nplurals=2; plural=(n != 1);",
    "pt_BR": "nplurals=2; plural=(n > 1);",
    "ca": "nplurals=2; plural=(n != 1);",
    "ru": "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 "
    ": n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14) ? 2 : 3);",
}


def extract() -> None:
    """Add what the code has and the catalogues lack; drop what is used no more."""
    wanted = all_messages()
    for language in LANGUAGES:
        old = {(entry.msgctxt, entry.msgid): entry for entry in load(language)}
        fresh = load(language)
        fresh.clear()
        for key in sorted(wanted, key=lambda pair: (pair[1], pair[0] or "")):
            context, text, plural = wanted[key]
            entry = old.get(key) or polib.POEntry(msgid=text, msgctxt=context)
            if plural:
                entry.msgid_plural = plural
                entry.msgstr_plural = entry.msgstr_plural or dict.fromkeys(range(4 if language == "ru" else 2), "")
            fresh.append(entry)
        catalogue(language).parent.mkdir(parents=True, exist_ok=True)
        fresh.save(str(catalogue(language)))


def compile_all() -> None:
    """Write the binary catalogues, which are committed so that no build step is needed."""
    for language in LANGUAGES:
        load(language).save_as_mofile(str(catalogue(language).with_suffix(".mo")))


def problems(language: str, wanted: dict[tuple[str | None, str], Message]) -> Iterator[str]:
    """Yield what is missing, fuzzy, superfluous or has other placeholders than its original."""
    po = load(language)
    have = {(entry.msgctxt, entry.msgid): entry for entry in po}
    for key in wanted.keys() - have.keys():
        yield f"missing: {key[1]!r}"
    for key in have.keys() - wanted.keys():
        yield f"not used any more: {key[1]!r}"
    for entry in po:
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if "fuzzy" in entry.flags or not all(text.strip() for text in texts):
            yield f"not translated: {entry.msgid!r}"
        expected = sorted(PLACEHOLDER.findall(entry.msgid))
        for text in texts if not entry.msgid_plural else []:
            if text and sorted(PLACEHOLDER.findall(text)) != expected:
                yield f"other placeholders: {entry.msgid!r}"
    binary = catalogue(language).with_suffix(".mo")
    if not binary.exists() or binary.read_bytes() != po.to_binary():
        yield "the compiled catalogue is not current: run `python deploy/translations.py compile`"


def check() -> int:
    """Print every problem of every language and return the exit code."""
    wanted = all_messages()
    found = [f"{language}: {problem}" for language in LANGUAGES for problem in problems(language, wanted)]
    for line in found[:40]:
        print(line)
    print(f"{len(wanted)} strings in {len(LANGUAGES)} languages, {len(found)} problems")
    return 1 if found else 0


def main() -> int:
    """Do what the first argument says."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    action = sys.argv[1] if len(sys.argv) > 1 else "check"
    if action == "extract":
        extract()
        return 0
    if action == "compile":
        compile_all()
        return 0
    return check()


if __name__ == "__main__":
    raise SystemExit(main())
