"""The documents agree with the tree: links, files, settings, checks, commands, diagrams, the README's ticket."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError

from config.core.transitions import table
from migrations_app.api.serializers import TicketIn
from migrations_app.enums import ChaseState, Flow, Stage
from migrations_app.management.commands import draw_states
from migrations_app.services.playbooks import playbook_data
from tickets.enums import TicketKind

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PRODUCT = ("config", "tickets", "migrations_app", "providers")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """The anchors that a forge makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(path.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_document
def test_links_between_documents_resolve(path: Path) -> None:
    text = without_code(path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), f"{path.name} links to {target}, which is not there"
        assert not anchor or anchor in anchors(found), f"{path.name} links to {target}: no such heading"


@every_document
def test_files_that_documents_name_exist(path: Path) -> None:
    for name in re.findall(
        r"`((?:config|tickets|migrations_app|providers|tests|deploy|docs)/[^`\s]*)`", path.read_text("utf-8")
    ):
        if not re.search(r"[<>{}*…]", name):
            assert (ROOT / name).exists(), f"{path.name} names {name}, which is not there"


@every_document
def test_commands_that_documents_name_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, flags=re.MULTILINE)) <= targets
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())


def test_every_decision_is_listed_with_its_title() -> None:
    folder = ROOT / "docs" / "adr"
    listed = dict(
        re.findall(r"\[\d{4}\]\((\d{4}-[a-z0-9-]+\.md)\) \| (.+?) \|", (folder / "README.md").read_text("utf-8"))
    )
    pages = {path.name for path in folder.glob("[0-9]*.md")}
    assert pages == set(listed)
    # Some numbers may be kept for decisions that are still on their way.
    assert len({name[:4] for name in pages}) == len(pages)
    for name in pages:
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(f"# {name[:4]}. ")
        assert {"## Context", "## Decision", "## Rejected", "## Consequences"} <= set(text.splitlines())


# ----------------------------------------------------------------------------------------------------------- settings


def calls_in(file: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def settings_read() -> dict[str, ast.Call]:
    """The environment variables that the settings read, with the call that reads them."""
    found: dict[str, ast.Call] = {}
    for file in (ROOT / "config" / "settings").glob("*.py"):
        for call in calls_in(file):
            reads_env = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "env"
            if reads_env and call.args and isinstance(call.args[0], ast.Constant):
                found[str(call.args[0].value)] = call
    return found


def read_elsewhere() -> set[str]:
    """Variables that product code reads by itself, outside the settings."""
    found: set[str] = set()
    for folder in PRODUCT:
        for file in (ROOT / folder).rglob("*.py"):
            if "settings" not in file.parts:
                found |= set(re.findall(r"os\.environ\.get\(\"([A-Z_]+)\"", file.read_text(encoding="utf-8")))
    return found


def documented() -> dict[str, str]:
    """Variables of operations.md with their default."""
    return dict(re.findall(r"^\| `([A-Z][A-Z_]+)` \| (.*?) \|", OPERATIONS, flags=re.MULTILINE))


def in_compose() -> set[str]:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    return set(re.findall(r"\$\{([A-Z_]+)[:}]", text))


def test_the_settings_reader_finds_what_is_read() -> None:
    assert {"PORTERO_MODE", "DATABASE_URL", "META_BASE_URL", "ALLOWED_HOSTS", "HOLD_MINUTES"} <= set(settings_read())


def test_every_environment_variable_is_documented_and_nothing_else() -> None:
    entry_point = set(re.findall(r"\$\{([A-Z_]+):-", (ROOT / "deploy" / "entrypoint").read_text(encoding="utf-8")))
    known = set(settings_read()) | read_elsewhere() | in_compose() | entry_point
    assert set(documented()) == known


def test_numeric_defaults_are_documented_as_they_are() -> None:
    for name, call in settings_read().items():
        default = call.args[1] if len(call.args) > 1 else None
        if isinstance(default, ast.Constant) and isinstance(default.value, int):
            assert f"`{default.value}`" in documented()[name], f"{name} defaults to {default.value}"


def test_the_example_environment_names_documented_variables_only_and_all_that_compose_needs() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", text, flags=re.MULTILINE))
    assert named <= set(documented())
    assert in_compose() <= named


def test_what_the_example_environment_sets_reaches_the_containers_and_its_defaults_are_those_of_compose() -> None:
    offered, _, _ = (
        (ROOT / ".env.example").read_text(encoding="utf-8").partition("# --- only without docker-compose.yml")
    )
    set_there = dict(re.findall(r"^([A-Z][A-Z_]+)=(.*)$", offered, flags=re.MULTILINE))
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(set_there) == in_compose()
    for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose):
        assert set_there[name] == default, name


def test_every_system_check_is_documented_and_nothing_else() -> None:
    code = "".join(
        file.read_text(encoding="utf-8") for folder in PRODUCT for file in (ROOT / folder).rglob("checks.py")
    )
    ids = set(re.findall(r"portero\.[EW]\d{3}", code))
    assert len(ids) > 1
    assert set(re.findall(r"^\| `(portero\.[EW]\d{3})` \|", OPERATIONS, flags=re.MULTILINE)) == ids


# ----------------------------------------------------------------------------------------------------------- diagrams


def test_the_state_diagrams_are_current() -> None:
    call_command("draw_states", "--check", stdout=StringIO())


def test_a_stale_document_is_refused_and_drawing_cures_it(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before\n{draw_states.BEGIN}\nold\n{draw_states.END}\nafter\n", encoding="utf-8")
    with pytest.raises(CommandError, match="Run: manage"):
        call_command("draw_states", "--check", file=file, stdout=StringIO())
    call_command("draw_states", file=file, stdout=StringIO())
    text = file.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "triage --> requirements" in text
    call_command("draw_states", "--check", file=file, stdout=StringIO())


def test_a_document_without_markers_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("nothing here", encoding="utf-8")
    with pytest.raises(CommandError, match="markers"):
        call_command("draw_states", file=file, stdout=StringIO())
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("draw_states", file=tmp_path / "none.md", stdout=StringIO())


def test_a_diagram_shows_every_start_move_and_end() -> None:
    small = table(
        "chase",
        start=ChaseState.ACTIVE,
        moves={
            ChaseState.STOPPED: (),
            ChaseState.ACTIVE: (ChaseState.STOPPED, ChaseState.ANSWERED),
            ChaseState.ANSWERED: (ChaseState.ACTIVE,),
        },
    )
    assert draw_states.diagram(small).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> active",
        "    active --> answered",
        "    active --> stopped",
        "    answered --> active",
        "    stopped --> [*]",
    ]


def test_every_life_cycle_is_drawn() -> None:
    names = [life_cycle.name for _module, life_cycle in draw_states.all_tables()]
    assert names == [
        "ticket status", "routing version", "service level clock", "webhook delivery",
        "case stage", "number move", "requirement", "chase",
        "attempt", "pin call", "proposed times", "dispute", "desk task", "try at Meta", "incoming mail",
        "check after the move", "export", "exchange",
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------ README and glossary


def filed_ticket() -> dict[str, Any]:
    found = re.search(r"<<'TICKET'\n(.*?)\nTICKET\n", README, flags=re.DOTALL)
    assert found, "README has no ticket to file"
    ticket: dict[str, Any] = json.loads(found[1])
    return ticket


def test_the_readme_files_a_ticket_with_two_numbers_that_the_api_accepts() -> None:
    ticket = filed_ticket()
    assert len(ticket["phone_numbers"]) == 2
    form = TicketIn(data=ticket)
    assert form.is_valid(), form.errors


def test_the_readme_names_a_bsp_and_a_destination_that_exist() -> None:
    ticket = filed_ticket()
    directory = json.loads((ROOT / "providers" / "data" / "bsps.json").read_text(encoding="utf-8"))
    assert ticket["current_bsp"] in {bsp["slug"] for bsp in directory["bsps"]}
    assert ticket["destination"] in {playbook["slug"] for playbook in playbook_data()["playbooks"]}


def test_the_readme_reads_the_sms_of_numbers_that_it_has_filed() -> None:
    filed = {re.sub(r"\D", "", number["number"]) for number in filed_ticket()["phone_numbers"]}
    assert set(re.findall(r"_sim/(?:inbox|numbers)/(\d+)", README)) == filed


def test_the_glossary_explains_every_kind_flow_and_stage() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for word in (*TicketKind.values, *Flow.values, *Stage.values):
        assert f"`{word}`" in text


def test_the_changelog_begins_with_the_version_that_the_program_reports(settings: Any) -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\d+\.\d+\.\d+) — \d{4}-\d{2}-\d{2}$", text, flags=re.MULTILINE)
    assert f"## {settings.RELEASE} " in text


# --------------------------------------------------------------------------------------------------------- whole tree

TEXT_FILES = {
    ".py",
    ".md",
    ".txt",
    ".in",
    ".toml",
    ".yml",
    ".yaml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".sh",
    ".po",
    ".cfg",
    "",
}
# Put together from halves, so that this file does not find itself.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|Us" + r"ers)/[\w.]",
            r"(?<![\w.])/ho" + r"me/\w",
            r"(?<![\w.])/tmp/[a-z]+-docs",
            r"py" + r"pi\.org",
            r"python" + r"hosted\.org",
            r"npm" + r"js\.(?:org|com)",
            r"--(?:extra-)?index" + r"-url[ =]",
        ]
    )
)


def project_files() -> list[Path]:
    """What is or would be committed; without git, everything but what can be made again."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        out = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        made = {".venv", ".git", "var", "__pycache__", ".hypothesis", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]
    return [path for name in out.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_path_of_somebodys_machine_or_a_package_registry() -> None:
    files = [path for path in project_files() if path.suffix in TEXT_FILES]
    assert len(files) > 100
    found = [
        f"{path.relative_to(ROOT)}:{number}: {hit[0]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (hit := FORBIDDEN.search(line))
    ]
    assert found == []
