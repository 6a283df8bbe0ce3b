"""The guide in docs/api as something that can be run: its blocks in order, and what it says comes back.

`bash` and `python` blocks are run; a `json`, `http` or `text` block after one is what it prints. Answers are shortened by
leaving members out, so what is shown must be there, with the same words; what differs from one time to the next (moments, ids,
references, tags, counters) must look the same. A `jsonc` block shows what may come, and is compared with nothing.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "api"
RUN = ("bash", "python")
SHOWN = ("json", "http", "text")
WHERE = "http://127.0.0.1:8000"
"""Where the guide says that Portero is."""
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PASSING = (
    re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})"),
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"MIG-[0-9A-Z]{8}"),
    re.compile(r"evt_\d+_\d+"),
    re.compile(r'"\d+-\d+-[a-z-]+-[0-9.]+"'),
    re.compile(r"\d+"),
)
"""What is another one each time: a moment, an id, a reference, an event, a tag, a number as text."""
_COUNTED = {"version", "revision", "score", "total"}


class Differs(AssertionError):
    """The guide does not say what happens."""


@dataclass(frozen=True)
class Step:
    """One block to run, and what it is said to print."""

    place: str
    language: str
    code: str
    kind: str = ""
    answer: str = ""

    @property
    def is_refused(self) -> bool:
        """Tell whether a refusal is shown."""
        if self.kind == "json":
            shown = json.loads(self.answer)
            return isinstance(shown, dict) and isinstance(shown.get("status"), int)
        return bool(re.match(r"HTTP/1.1 [45]", self.answer))

    @property
    def only_reads(self) -> bool:
        """Tell whether the block changes nothing, so that it can be run again."""
        return self.language == "bash" and not re.search(r"\s-[dXF]\s", self.code)


def pages() -> list[Path]:
    """Return the pages in the order of the list on the first one."""
    first = GUIDE / "README.md"
    listed = re.findall(r"^\| \[.+?\]\(([a-z-]+\.md)\)", first.read_text(encoding="utf-8"), re.MULTILINE)
    return [first, *(GUIDE / name for name in listed)]


def steps(page: Path) -> Iterator[Step]:
    """Give the blocks of a page that are run."""
    text = page.read_text(encoding="utf-8")
    found: Step | None = None
    for fence in _FENCE.finditer(text):
        language, body = fence[1], fence[2]
        place = f"{page.name}:{text.count(chr(10), 0, fence.start()) + 1}"
        if language in SHOWN and found:
            yield Step(found.place, found.language, found.code, language, body)
            found = None
            continue
        if found:
            yield found
        found = Step(place, language, body) if language in RUN else None
    if found:
        yield found


def compare(step: Step, printed: str, base: str) -> None:
    """Hold what was printed against what the guide shows.

    :raises Differs: it is something else.
    """
    printed = printed.replace(base, WHERE)
    if step.kind == "text":
        _compare_lines(step, printed)
        return
    shown = step.answer
    if step.kind == "http":
        shown_head, _, shown = shown.partition("\n\n")
        head, _, printed = printed.replace("\r\n", "\n").partition("\n\n")
        for line in shown_head.splitlines():
            name = line.split(":")[0]
            there = next((each for each in head.splitlines() if each.split(":")[0] == name), "nothing")
            _same(line.strip(), there.strip(), f"{step.place} {name}")
    if shown.strip():
        try:
            came = json.loads(printed)
        except ValueError:
            raise Differs(f"{step.place}: no JSON came, but {printed[:500]!r}") from None
        _within(json.loads(shown), came, step.place)


def _compare_lines(step: Step, printed: str) -> None:
    shown, came = step.answer.strip().splitlines(), printed.replace("\r", "").strip().splitlines()
    if len(shown) != len(came):
        raise Differs(f"{step.place}: {len(shown)} lines are shown, but this came:\n{printed[:700]}")
    for number, (line, there) in enumerate(zip(shown, came, strict=True), start=1):
        _same(line, there, f"{step.place} line {number}")


def _within(shown: Any, came: Any, where: str) -> None:
    """Everything shown came: members by name, items in the same order; more may have come."""
    if isinstance(shown, dict) and isinstance(came, dict):
        for name, value in shown.items():
            if name not in came:
                raise Differs(f"{where}: there is no {name!r}")
            if name not in _COUNTED:
                _within(value, came[name], f"{where}/{name}")
    elif isinstance(shown, list) and isinstance(came, list):
        _items_within(shown, came, where)
    elif isinstance(shown, str) and isinstance(came, str):
        _same(shown, came, where)
    elif shown != came or isinstance(shown, bool) != isinstance(came, bool):
        raise Differs(f"{where}: {shown!r} is shown, {_short(came)} came")


def _short(came: Any) -> str:
    return repr(came)[:300]


def _items_within(shown: list[Any], came: list[Any], where: str) -> None:
    if not shown and came:
        raise Differs(f"{where}: nothing is shown, {_short(came)} came")
    rest = list(came)
    for number, item in enumerate(shown):
        missed = Differs(f"{where}/{number}: {item!r} is shown, and there is nothing left to compare it with")
        while True:
            if not rest:
                raise missed
            try:
                _within(item, rest.pop(0), f"{where}/{number}")
            except Differs as differs:
                missed = missed if f"{where}/{number}/{next(iter(item), '')}:" in str(differs) else differs
            else:
                break


def _same(shown: str, came: str, where: str) -> None:
    """Two texts are the same but for what passes; an ellipsis stands for anything."""
    pattern = ".*".join(re.escape(part) for part in _veiled(shown).split("…"))
    if not re.fullmatch(pattern, _veiled(came), re.DOTALL):
        raise Differs(f"{where}: {shown!r} is shown, {_short(came)} came")


def _veiled(text: str) -> str:
    for place, pattern in enumerate(_PASSING[:-1]):
        text = pattern.sub(f"<{place}>", text)
    return f"<{len(_PASSING)}>" if _PASSING[-1].fullmatch(text) and len(text) != len("200") else text


_PYTHON = """
import sys, time
ahead, names, clock = float(sys.argv[1]), {"__name__": "guide"}, time.time
time.time = lambda: clock() + ahead
while size := sys.stdin.readline():
    code = sys.stdin.read(int(size))
    state = 0
    try:
        exec(compile(code, "the example", "exec"), names)
    except BaseException:
        import traceback
        traceback.print_exc()
        state = 1
    sys.stderr.flush()
    print(f"\\x1e{state}", flush=True)
"""
_BASH = "set -E -o pipefail; trap 'failed=1; echo \"failed: $BASH_COMMAND\" >&2' ERR\n"


class Reader:
    """Somebody who types the examples: one shell and one Python, from the first page to the last."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, ahead: float = 0) -> None:
        self.folder = folder
        (folder / ".curlrc").write_text("fail-with-body\nmax-time = 30\n")
        self.errors = folder / "errors.txt"
        self._complaints = self.errors.open("a")
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
        self._bash = self._start("bash")
        self._python = self._start(sys.executable, "-u", "-c", _PYTHON, str(ahead))
        self._tell(self._bash, _BASH)

    def _start(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command, cwd=self.folder, env=self._environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints, start_new_session=True,
        )  # fmt: skip

    def run(self, step: Step) -> tuple[str, bool]:
        """Run a block; return what it printed, and whether all of it succeeded."""
        if step.language == "python":
            self._tell(self._python, f"{len(step.code)}\n{step.code}")
            return self._heard(self._python)
        block = self.folder / "block.sh"
        block.write_text(step.code, encoding="utf-8")
        self._tell(self._bash, "failed=0; source ./block.sh </dev/null; printf '\\x1e%d\\n' $failed\n")
        return self._heard(self._bash)

    @staticmethod
    def _tell(process: "subprocess.Popen[str]", text: str) -> None:
        assert process.stdin
        process.stdin.write(text)
        process.stdin.flush()

    @staticmethod
    def _heard(process: "subprocess.Popen[str]") -> tuple[str, bool]:
        assert process.stdout
        printed = ""
        while "\x1e" not in printed:
            line = process.stdout.readline()
            assert line, "the shell has gone"
            printed += line
        text, _, state = printed.partition("\x1e")
        return text, state.strip() == "0"

    def close(self) -> None:
        """Let both go."""
        for process in (self._bash, self._python):
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe
                pipe.close()
        self._complaints.close()


def play(step: Step, reader: Reader, base: str) -> None:
    """Run one block and hold it against the guide.

    :raises Differs: it fails, or prints something else than the guide shows.
    """
    for _ in range(2 if step.only_reads else 0):
        try:
            return _play(step, reader, base)
        except Differs:
            # The worker works on the same tickets: between two requests one can change.
            time.sleep(0.5)
    return _play(step, reader, base)


def _play(step: Step, reader: Reader, base: str) -> None:
    printed, succeeded = reader.run(step)
    if succeeded == step.is_refused:
        what = "should have been refused" if step.is_refused else "failed"
        raise Differs(f"{step.place} {what}:\n{step.code}\n{printed[:700]}")
    if step.kind:
        compare(step, printed, base)
