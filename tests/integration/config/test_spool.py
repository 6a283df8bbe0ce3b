"""The embedded broker: a message appears whole or not at all."""

from pathlib import Path

import pytest
from kombu import Connection
from kombu.transport import resolve_transport

from config.core.spool import Transport, take_over


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    take_over()
    folder = str(tmp_path)
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": str(tmp_path / "control")}
    return Connection("filesystem://localhost", transport_options=options)


def test_filesystem_addresses_mean_our_transport(connection: Connection) -> None:
    assert str(resolve_transport("filesystem")) == str(Transport)


# Kombu remembers bindings for the whole process: each test has a queue of its own.


def test_what_is_put_is_got(connection: Connection) -> None:
    with connection.SimpleQueue("whole") as queue:
        queue.put({"id": 7})
        message = queue.get(timeout=2)
        message.ack()
    assert message.payload == {"id": 7}


def test_a_message_that_is_still_being_written_is_not_seen(connection: Connection, tmp_path: Path) -> None:
    with connection.SimpleQueue("partial") as queue:
        (tmp_path / "1_x.partial.msg.part").write_text("")
        with pytest.raises(queue.Empty):
            queue.get(timeout=0.3)
