"""The direction of imports is kept, and the list of module names is closed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.source import ROOT, modules

LAYERS = {
    "admin", "api", "portal", "receivers", "management", "checks", "tasks", "services", "selectors", "models", "rules",
    "meta", "channels", "webhooks", "enums", "signals", "types", "apps", "forms", "templatetags", "__init__",
}  # fmt: skip


@pytest.mark.slow
def test_every_import_contract_is_kept() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-1000:]


def test_the_list_of_module_names_is_closed() -> None:
    strange = {
        module.path for module in modules() if not module.path.startswith("config/") and module.layer not in LAYERS
    }
    assert strange == set()


def test_there_are_no_drawers_for_odds_and_ends() -> None:
    names = {part for module in modules() for part in module.path.removesuffix(".py").split("/")}
    assert not names & {"utils", "helpers", "common", "misc", "lib", "util"}
