"""The control calls, the state file and the command that runs the simulator."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from providers.meta.client import MetaClient, MetaRefused
from providers.meta.simulator.persistence import StateFileUnreadable
from providers.meta.simulator.server import SimulatorServer
from providers.meta.simulator.state import Template, Waba
from providers.types import CodeMethod
from tests.unit.providers.meta.conftest import COUNTRY, DIGITS, NATIONAL, TOKEN, WABA, Clock, Simulated

ROOT = Path(__file__).parents[4]


def test_a_pin_can_be_set_but_never_read(meta: Simulated) -> None:
    meta.set_number(pin="271828")
    told = meta.http.get(f"/_sim/numbers/{DIGITS}").text
    assert json.loads(told)["two_step"] is True
    assert "271828" not in told
    assert "pin" not in told


def test_looking_at_a_number_does_not_make_it(meta: Simulated) -> None:
    assert meta.number()["phones"] == []
    assert meta.inbox() == []
    assert meta.http.get("/_sim/").json() == {"numbers": [], "wabas": []}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/_sim/numbers/34600111222", {"two_steps": True}, 400),
        ("PUT", "/_sim/numbers/34600111222", {"two_step": "yes"}, 400),
        ("PUT", "/_sim/numbers/34600111222", {"pin": "12"}, 400),
        ("PUT", "/_sim/numbers/34600111222", [], 400),
        ("PUT", "/_sim/wabas/1", {"number_cap": True}, 400),
        ("PUT", "/_sim/numbers/abc", {}, 404),
        ("GET", "/_sim/elsewhere", None, 404),
        ("POST", "/_sim/faults", {}, 400),
        ("POST", "/_sim/faults", [{"call": "dance"}], 400),
        ("POST", "/_sim/faults", [{"call": "register", "times": 0}], 400),
        ("POST", "/_sim/faults", [{"call": "register", "error_key": "nonsense"}], 400),
        ("POST", "/_sim/faults", [{"call": "register", "drop": "never"}], 400),
        ("POST", "/_sim/faults", [{"call": "register", "delay_seconds": 1e9}], 400),
        ("POST", "/_sim/faults", [{"call": "register", "surprise": 1}], 400),
        ("POST", "/_sim/faults", [{"call": ["register"]}], 400),
        ("POST", "/_sim/faults", [{"call": "register", "headers": {"A": "b\r\nC: d"}}], 400),
        ("PUT", "/_sim/wabas/1", {"templates": [{"name": "x"}]}, 400),
        ("PUT", "/_sim/wabas/1", {"templates": [{"name": "x", "language": "es", "colour": "red"}]}, 400),
    ],
)
def test_control_calls_that_make_no_sense_change_nothing(
    method: str, path: str, body: object, status: int, meta: Simulated
) -> None:
    assert meta.http.request(method, path, json=body).status_code == status
    assert meta.http.get("/_sim/").json() == {"numbers": [], "wabas": []}
    assert meta.http.get("/_sim/faults").json() == {"faults": []}


def test_a_fault_strikes_only_its_call_its_number_and_its_count(client: MetaClient, meta: Simulated) -> None:
    meta.fault(call="start_migration", digits=DIGITS, error_key="maintenance", times=1)
    client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number="600999888")
    with pytest.raises(MetaRefused):
        client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number=NATIONAL)
    assert client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number=NATIONAL)


def test_reset_forgets_everything_and_gives_no_id_twice(client: MetaClient, meta: Simulated) -> None:
    before = client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number=NATIONAL)
    meta.fault(call="*", error_key="maintenance", times=99)
    assert meta.http.post("/_sim/reset").status_code == 200
    assert client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number=NATIONAL) != before


def test_a_restart_keeps_numbers_limits_and_pins_but_no_code(tmp_path: Path, clock: Clock) -> None:
    state = tmp_path / "var" / "meta.json"
    with (
        SimulatorServer(clock=clock, state_file=state) as server,
        MetaClient(base_url=server.base_url, token=TOKEN) as client,
    ):
        server.world.wabas[WABA] = Waba(WABA, templates=[Template(server.world.new_template_id(), "welcome", "es")])
        moved, waiting = _one_moved_one_waiting(client, server)
    code = server.world.lines["34600999888"].inbox[-1].code
    kept = state.read_text(encoding="utf-8")
    assert "271828" not in kept
    assert f'"{code}"' not in kept
    assert state.stat().st_mode & 0o077 == 0
    with (
        SimulatorServer(clock=clock, state_file=state) as server,
        MetaClient(base_url=server.base_url, token=TOKEN) as client,
    ):
        assert client.number_facts(moved).is_connected
        assert len(server.world.lines[DIGITS].registrations.taken) == 1
        assert server.world.lines[DIGITS].pin_fits("271828")
        with pytest.raises(MetaRefused) as caught:
            client.verify_code(phone_number_id=waiting, code=code)
        assert caught.value.problem.key == "code_incorrect"
        (template,) = client.templates_of(WABA)
        assert (template.name, server.world.new_template_id() > template.id) == ("welcome", True)
        fresh = client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number="600777666")
        assert fresh not in {moved, waiting}


def _one_moved_one_waiting(client: MetaClient, server: SimulatorServer) -> tuple[str, str]:
    phones = []
    for national in (NATIONAL, "600999888"):
        phones.append(client.start_migration(waba_id=WABA, country_code=COUNTRY, national_number=national))
        client.request_code(phone_number_id=phones[-1], method=CodeMethod.SMS, language="es")
    client.verify_code(phone_number_id=phones[0], code=server.world.lines[DIGITS].inbox[-1].code)
    client.register(phone_number_id=phones[0], pin="271828")
    return phones[0], phones[1]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', '{"version": 1}'])
def test_a_damaged_state_file_is_refused_and_left_alone(content: str, tmp_path: Path, clock: Clock) -> None:
    state = tmp_path / "meta.json"
    state.write_text(content, encoding="utf-8")
    with pytest.raises(StateFileUnreadable):
        SimulatorServer(clock=clock, state_file=state)
    assert state.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_and_stops_cleanly_on_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["--port", str(port), "--state", str(tmp_path / "meta.json")]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "manage.py", "meta_simulator", *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            _wait_until(lambda: httpx2.get(f"http://127.0.0.1:{port}/_sim/", trust_env=False).status_code == 200)
        finally:
            process.send_signal(number)
            out, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    assert f"http://127.0.0.1:{port}" in out
    assert err == ""


def _wait_until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if ready():
                return
        except httpx2.ConnectError:
            time.sleep(0.05)
    raise AssertionError("the simulator did not come up")
