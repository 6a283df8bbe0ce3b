"""Keeps the processes of `manage.py serve` alive and stops them together. Plain Python: it must cost next to nothing.

`python -m config.core.supervisor '{"web": ["python", …], …}'`; the environment is handed on as it is.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

STOP_SECONDS = 10.0
"""How long processes may take to stop before they are killed."""
RESTART_SECONDS = 2.0
"""How long a process that ends at once is left alone before it is started again."""


class Child:
    """One process in a group of its own, so that nothing it starts can outlive it."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name, self._command = name, command
        self._started = 0.0
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self._started = time.monotonic()
        return subprocess.Popen(self._command, start_new_session=True)

    def restart_if_dead(self) -> bool:
        """Start the process again if it has ended; tell whether that was done."""
        if self.process.poll() is None or time.monotonic() - self._started < RESTART_SECONDS:
            return False
        self.kill_group()
        self.process = self._start()
        return True

    def terminate(self) -> None:
        """Ask the process to stop."""
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Wait for the process until the deadline (monotonic seconds), then kill its whole group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        self.kill_group()
        self.process.wait()

    def kill_group(self) -> None:
        """Kill whatever is left of the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def watch(commands: dict[str, list[str]]) -> None:
    """Run the commands until SIGINT or SIGTERM; a process that ends is started again."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    children: list[Child] = []
    try:
        children += [Child(name, command) for name, command in commands.items()]
        while not stop.wait(0.5):
            for child in children:
                if child.restart_if_dead():
                    sys.stderr.write(f"{child.name} had ended and was started again\n")
    finally:
        sys.stdout.write("Stopping …\n")
        sys.stdout.flush()
        for child in children:
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in children:
            child.wait(deadline)


if __name__ == "__main__":
    watch(json.loads(sys.argv[1]))
