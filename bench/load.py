"""Asks a server as fast as it answers, for a while: a process of its own, so that it takes no time from the one that measures.

    python -m bench.load PLAN     (JSON: port, seconds, connections, status, requests: [[path, {header: value}], …])

Each connection is kept and has a thread; each request waits for its answer. Printed as JSON: how many were answered, in how many
seconds, and the times of all in milliseconds. An answer of another status than the plan's ends the run.
"""

import json
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

END_OF_HEAD = b"\r\n\r\n"


def request_bytes(path: str, headers: dict[str, str]) -> bytes:
    """Return a GET as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def read_answer(connection: socket.socket) -> tuple[int, bytes]:
    """Read one answer to its end and return its status and head."""
    data = b""
    while (end := data.find(END_OF_HEAD)) < 0:
        data += _more(connection)
    head = data[:end].lower()
    status = int(data[9:12])
    if status != 304 and (place := head.find(b"content-length:")) >= 0:  # noqa: PLR2004
        left = int(head[place + 15 :].split(b"\r\n", 1)[0]) - (len(data) - end - len(END_OF_HEAD))
        while left > 0:
            left -= len(_more(connection))
    return status, head


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(65536)
    if not part:
        msg = "the server closed the connection"
        raise ConnectionError(msg)
    return part


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask by all connections at once until the time is over."""
    wires = [request_bytes(path, headers) for path, headers in plan["requests"]]
    times: list[float] = []
    wrong: list[int] = []
    begin = time.perf_counter()
    until = begin + plan["seconds"]

    def ask(first: int) -> None:
        place = first
        with socket.create_connection(("127.0.0.1", plan["port"])) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not wrong and (sent := time.perf_counter()) < until:
                connection.sendall(wires[place % len(wires)])
                status, head = read_answer(connection)
                times.append((time.perf_counter() - sent) * 1000)
                if status != plan["status"]:
                    wrong.append(status)
                place += plan["connections"]
                if b"connection: close" in head:
                    msg = "the server does not keep connections"
                    raise ConnectionError(msg)

    askers = [threading.Thread(target=ask, args=(first,)) for first in range(plan["connections"])]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    return {"seconds": time.perf_counter() - begin, "times": times, "wrong": wrong}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
