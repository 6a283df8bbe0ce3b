"""The HTTP server around the simulated world."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from providers.meta.simulator import graph, persistence
from providers.meta.simulator.answers import error_answer
from providers.meta.simulator.control import PREFIX, Control
from providers.meta.simulator.faults import Fault, Faults
from providers.meta.simulator.state import World
from providers.meta.simulator.web import Incoming, Outgoing, WebServer


class SimulatorServer:
    """The simulator, ready to be started; port 0 takes any free port. Also a context manager.

    `clock` gives the present as aware UTC; limits, codes and proofs of ownership age by it.
    Raises StateFileUnreadable when the state file is damaged, OSError when the address cannot be bound.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        host: str = "127.0.0.1",
        port: int = 0,
        state_file: Path | None = None,
    ) -> None:
        self.world = World(clock)
        self.faults = Faults()
        self._control = Control(self.world, self.faults)
        self._state_file = state_file
        self._stopping = threading.Event()
        if state_file is not None:
            persistence.load(self.world, state_file)
        self._web = WebServer((host, port), self._answer)
        self._thread = threading.Thread(target=self._web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        """Where Graph is, without version: what MetaClient takes."""
        host, port = self._web.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{name}:{port}"

    def start(self) -> None:
        """Begin to answer, in threads of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and let go of the port; answers still delayed are given up."""
        self._stopping.set()
        if self._thread.is_alive():
            self._web.shutdown()
            self._thread.join()
        self._web.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answer(self, request: Incoming) -> Outgoing | None:
        """Answer one request; None closes the connection without a word."""
        if request.path.startswith(PREFIX):
            with self.world.lock:
                status, body = self._control.answer(method=request.method, path=request.path, body=request.json)
                self._keep(request)
            return Outgoing("control", status, body)
        return self._graph(request)

    def _graph(self, request: Incoming) -> Outgoing | None:
        with self.world.lock:
            call = graph.recognise(self.world, method=request.method, path=request.path, params=request.params)
            fault = self.faults.take(call)
            if fault is not None and fault.drop == "before":
                return None
            status, body = self._outcome(request, call, fault)
            self._keep(request)
        if fault is not None and fault.delay_seconds:
            self._stopping.wait(fault.delay_seconds)
        if fault is not None and fault.drop == "after":
            return None
        return Outgoing(call.name or "unknown", status, body, fault.headers if fault is not None else {})

    def _outcome(self, request: Incoming, call: graph.Call, fault: Fault | None) -> graph.Answer:
        scripted = fault.answer if fault is not None else None
        if scripted is not None:
            return scripted
        if not request.bearer:
            return error_answer("token_invalid")
        return graph.answer(self.world, call, request.params)

    def _keep(self, request: Incoming) -> None:
        if self._state_file is not None and request.method != "GET":
            persistence.save(self.world, self._state_file)
