"""Who may do what at the broker: follows from the catalogue of topics, and from nothing else.

A service writes its topics and reads those that list it as a consumer, with its own consumer groups; it uses its own
dead-letter topics. Everything else is refused. Users and rights are stored at the broker.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError

from chassis.broker import Broker
from chassis.events import kafka as clients
from chassis.events.topics import Catalogue
from chassis.roles import role_of

LOCAL = "broker"
"""The user of the broker itself, known to its own configuration only (`jaas`). It may do everything."""
OPERATOR = "operator"
"""The user of the installation and of a restore. It may do everything."""
BACKUP = "backup"
"""The user of backups, which reads what they keep."""

_APPLIED_SECONDS = 10.0
"""How long a change takes at most from the controller to the broker."""

_READ, _WRITE, _CREATE = ACLOperation.READ, ACLOperation.WRITE, ACLOperation.CREATE
_DESCRIBE = ACLOperation.DESCRIBE
_LITERAL, _PREFIXED = ACLResourcePatternType.LITERAL, ACLResourcePatternType.PREFIXED


class NotGranted(KafkaError):  # type: ignore[misc]  # kafka-python has no types
    """The broker has refused a change of users or rights, or has not applied it in time."""


def users_of(services: Iterable[str]) -> list[str]:
    """The users of an installation besides the operator: those of the services, and that of backups."""
    return [*map(role_of, services), BACKUP]


def rights(catalogue: Catalogue, services: Iterable[str]) -> set[ACL]:
    """Every right of the services and of backups."""
    granted = {right for service in services for right in _rights_of(catalogue, service)}
    compacted = (name for name, topic in catalogue.topics.items() if topic.compacted)
    return granted | {_topic(BACKUP, catalogue.physical(name), _READ) for name in compacted}


def grant(broker: Broker, catalogue: Catalogue, services: Collection[str], passwords: Mapping[str, str]) -> None:
    """Give users these passwords, and the services and backups exactly their rights; wait until this applies.

    `broker`: as a user that may do everything. A right under the catalogue's prefix that the catalogue no longer gives
    is taken away. Raises NotGranted, KafkaError.
    """
    with clients.admin(broker) as admin:
        set_passwords(admin, passwords)
        wanted, users = rights(catalogue, services), {f"User:{each}" for each in users_of(services)}
        found = _found(admin, users, catalogue.prefix)
        if missing := wanted - found:
            failed = admin.create_acls(list(missing))["failed"]
            if failed:
                raise NotGranted(f"rights were refused: {failed}")
        if surplus := found - wanted:
            admin.delete_acls([_filter_of(each) for each in surplus])
        deadline = time.monotonic() + _APPLIED_SECONDS
        while missing and not wanted <= _found(admin, users, catalogue.prefix):
            if time.monotonic() > deadline:
                raise NotGranted("the broker has not applied the rights in time")
            time.sleep(0.02)


def set_passwords(admin: KafkaAdminClient, passwords: Mapping[str, str]) -> None:
    """Create users or change their passwords; wait until the broker knows them. Raises NotGranted.

    The iterations are Kafka's default, its minimum: the passwords are random, with 192 bits.
    """
    altered = [
        UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password)
        for user, password in passwords.items()
    ]
    refused = {user: error for user, error in admin.alter_user_scram_credentials(altered).items() if error}
    if refused:
        raise NotGranted(f"users were refused: {refused}")
    deadline = time.monotonic() + _APPLIED_SECONDS
    while any(each["error"] for each in admin.describe_user_scram_credentials(list(passwords)).values()):
        if time.monotonic() > deadline:
            raise NotGranted("the broker has not applied the passwords in time")
        time.sleep(0.02)


def jaas(password: str) -> str:
    """The configuration of a broker's logins (JAAS), by the names of its listeners.

    CLIENTS checks the stored users (SCRAM). LOCAL and CONTROLLER know one user, by this password: the broker itself,
    and who installs the other users. A controller checks SCRAM only where users were stored when its storage was
    formatted (KIP-900), which the storage of an earlier release was not; so they use PLAIN, on loopback.
    """
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    plain = (
        f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{LOCAL}" password="{password}"'
        f' user_{LOCAL}="{password}";'
    )
    modules = {"clients": scram, "local": plain, "controller": plain}
    return "".join(f"{listener}.KafkaServer {{ {module} }};\n" for listener, module in modules.items())


def client_properties(password: str) -> str:
    """The configuration of Kafka's own programs at the listener LOCAL."""
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return (
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
        f'sasl.jaas.config={module} required username="{LOCAL}" password="{password}";\n'
    )


def _rights_of(catalogue: Catalogue, service: str) -> Iterator[ACL]:
    """An idempotent producer needs the right to write a topic, and nothing more (KIP-679)."""
    user = role_of(service)
    for name, topic in catalogue.topics.items():
        if topic.owner == service:
            yield from (_topic(user, catalogue.physical(name), each) for each in (_WRITE, _CREATE))
        if service in topic.consumers:
            yield _topic(user, catalogue.physical(name), _READ)
            yield from (_topic(user, catalogue.dead_letter(name, service), each) for each in (_READ, _WRITE))
    for name in catalogue.dead_letters_of(service):
        yield from (_topic(user, name, each) for each in (_CREATE, _DESCRIBE))
    group = f"{catalogue.prefix}{service}"
    yield _right(user, ResourcePattern(ResourceType.GROUP, group, _LITERAL), _READ)
    yield _right(user, ResourcePattern(ResourceType.GROUP, f"{group}.", _PREFIXED), _READ)


def _topic(user: str, name: str, operation: ACLOperation) -> ACL:
    return _right(user, ResourcePattern(ResourceType.TOPIC, name, _LITERAL), operation)


def _right(user: str, resource: ResourcePattern, operation: ACLOperation) -> ACL:
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, resource)


def _found(admin: KafkaAdminClient, users: Collection[str], prefix: str) -> set[ACL]:
    """The rights of these users under a prefix, as the broker applies them."""
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    every = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
    found, _ = admin.describe_acls(every)
    return {
        each for each in found if each.principal in users and each.resource_pattern.resource_name.startswith(prefix)
    }


def _filter_of(right: ACL) -> ACLFilter:
    return ACLFilter(right.principal, right.host, right.operation, right.permission_type, right.resource_pattern)
