"""The steps of init, each of which finds what is there and makes what is not."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from loa_server import pki
from loa_server.areas import importing
from loa_server.areas.models import Area, Person
from loa_server.areas.scope import ids_of
from loa_server.config import ServerConfig
from loa_server.dispatch.refresh import queue_outdated
from loa_server.init import certificates, node, officer, people, telling, trust
from loa_server.migrating import migrate_after_backup


class Steps:
    def __init__(self, config: ServerConfig, now: datetime) -> None:
        self._config = config
        self._now = now
        self._ca: pki.Pair | None = None

    def certificates(self) -> None:
        self._ca = certificates.ensure_ca(self._config, self._now)
        certificates.ensure_programs(self._config, self._ca, self._now)

    def database(self) -> None:
        migrate_after_backup(self._config)
        self._config.database.chmod(0o660)  # the signer's user reads it through the group

    def areas(self, file: Path) -> None:
        importing.store(importing.read(file))

    def has_areas(self) -> bool:
        return Area.objects.exists()

    def has_people(self) -> bool:
        return Person.objects.exists()

    def trust(self, *, demo: bool) -> list[str]:
        """Returns what the operator has to know of the keys."""
        now = int(self._now.timestamp() * 1000)
        stands = trust.ensure_trust(self._config, now, demo=demo)
        queue_outdated(self._config, self._now)
        return telling.lines(stands, now)

    def demo(self, identity: Path | None) -> None:
        programme = self._config.samples_dir / "programme.json"
        placed = json.loads(programme.read_text(encoding="utf-8"))["demo_node"]
        hamlet = Area.objects.get(pk=placed["area"])
        commune = Area.objects.get(pk=ids_of(hamlet.path)[-2])
        elsewhere = Area.objects.filter(kind__in=trust.COMMUNES).exclude(pk=commune.pk)[0]
        accounts = people.demo_accounts(commune, elsewhere, trust.top_area(self._config))
        file = self._config.demo_dir / "accounts.json"
        people.ensure_accounts(file, accounts, self._now)
        officer.ensure_officer(self._config, file, people.DUTY)
        made = node.ensure_node(self._config, hamlet, placed["place"], self._now)
        if identity is not None and self._ca is not None:
            node.write_identity(self._config, self._ca, made, identity, self._now)
