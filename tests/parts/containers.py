"""PostgreSQL and Kafka in containers, with the interface of the embedded ones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from chassis.broker import Broker
from chassis.events import access
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
from chassis.roles import DatabaseRole, create_database, owner_of
from standalone import kafka, postgres
from standalone.processes import ProcessFailed, free_port

POSTGRES_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.3.1"


class KafkaContainer(DockerContainer):
    """A broker that is its own controller. Its ports are chosen before the start, because the broker advertises them.

    `logins` is the file with the configuration of its logins.
    """

    def __init__(self, logins: Path, image: str = KAFKA_IMAGE) -> None:
        super().__init__(image)
        self.port, self.local_port = free_port(), free_port()
        self.host = self.get_docker_client().host()
        self.with_bind_ports(9092, self.port).with_bind_ports(self.local_port, self.local_port)
        self.with_volume_mapping(str(logins), "/run/anning/jaas.conf")
        settings = kafka.SETTINGS | {
            "listeners": f"CLIENTS://0.0.0.0:9092,LOCAL://0.0.0.0:{self.local_port},CONTROLLER://127.0.0.1:9093",
            # The broker reaches itself at the port that tests use, too.
            "advertised.listeners": f"CLIENTS://{self.host}:{self.port},LOCAL://127.0.0.1:{self.local_port}",
            "controller.quorum.voters": "1@127.0.0.1:9093",
        }
        self.with_envs(**{f"KAFKA_{key.upper().replace('.', '_')}": value for key, value in settings.items()})
        self.with_env("KAFKA_HEAP_OPTS", "-Xmx256m")
        self.with_env("KAFKA_OPTS", "-Djava.security.auth.login.config=/run/anning/jaas.conf")


class _ContainerPart:
    """A server in a container. The container is created at the first start."""

    def __init__(self, container: DockerContainer, answers: Callable[[], bool]) -> None:
        self._container = container
        self.answers = answers
        self._created = False

    def start(self, timeout: float = 60) -> None:
        if self._created:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
            self._created = True
        deadline = time.monotonic() + timeout
        while not self.answers():
            if time.monotonic() > deadline:
                raise ProcessFailed(f"not ready after {timeout:.0f} s:\n{self._container.get_logs()}")
            time.sleep(0.05)

    def stop(self, timeout: float = 60) -> None:
        self._container.get_wrapped_container().stop(timeout=int(timeout))

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def restart(self, timeout: float = 60) -> None:
        self.stop()
        self.start(timeout)

    def pause(self) -> None:
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        container = self._container.get_wrapped_container()
        container.reload()
        if container.status == "paused":
            container.unpause()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._container.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._container.stop()


class ContainerKafka(_ContainerPart):
    """A broker in a container; the passwords of its users are in a folder of this machine."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory()
        self._set_password(access.LOCAL)
        logins = Path(self._folder.name, "jaas.conf")
        logins.write_text(access.jaas(self._password_file(access.LOCAL).read_text()))
        logins.chmod(0o644)  # the user of the image reads it
        self._kafka = container = KafkaContainer(logins)
        super().__init__(container, lambda: kafka.answers(container.host, container.port))

    def start(self, timeout: float = 60) -> None:
        super().start(timeout)
        if not self._password_file(access.OPERATOR).exists():
            itself = replace(
                self.broker(access.LOCAL), servers=f"{self._kafka.host}:{self._kafka.local_port}", mechanism="PLAIN"
            )
            self._set_password(access.OPERATOR)
            with clients.admin(itself) as admin:
                access.set_passwords(admin, {access.OPERATOR: self.broker().read_password()})

    def broker(self, user: str = access.OPERATOR) -> Broker:
        return Broker(f"{self._kafka.host}:{self._kafka.port}", user, self._password_file(user))

    def grant(self, catalogue: Catalogue, services: Collection[str]) -> None:
        users = access.users_of(services)
        for user in users:
            self._set_password(user)
        access.grant(self.broker(), catalogue, services, {user: self.broker(user).read_password() for user in users})

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._folder.cleanup()

    def _set_password(self, user: str) -> None:
        self._password_file(user).write_text(secrets.token_urlsafe(24))

    def _password_file(self, user: str) -> Path:
        return Path(self._folder.name, user)


class ContainerPostgres(_ContainerPart):
    """A server in a container."""

    def __init__(self) -> None:
        self._port = free_port()
        self._passwords = {postgres.SUPERUSER: secrets.token_urlsafe(24)}
        container = PostgresContainer(
            POSTGRES_IMAGE,
            username=postgres.SUPERUSER,
            password=self._passwords[postgres.SUPERUSER],
            dbname=postgres.SUPERUSER,
            driver=None,
        )
        container.with_bind_ports(5432, self._port).with_command("postgres -c max_connections=200 -c fsync=off")
        self._host = container.get_docker_client().host()
        super().__init__(container, lambda: postgres.answers(self.url()))

    def url(self, database: str = postgres.SUPERUSER, role: str = postgres.SUPERUSER) -> str:
        return f"postgresql://{role}:{self._passwords[role]}@{self._host}:{self._port}/{database}"

    def create_database(self, name: str) -> str:
        owner, service = (
            DatabaseRole(each, self._passwords.setdefault(each, secrets.token_urlsafe(24)))
            for each in (owner_of(name), name)
        )
        create_database(self.url(), name, owner, service)
        return self.url(name, owner.name)

    def drop_database(self, name: str) -> None:
        postgres.drop_database(self.url(), name)
