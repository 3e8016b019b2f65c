"""Nodes that ask for the time, answered as they ask: no report and no batch goes before them."""

from __future__ import annotations

import logging
from typing import Final, Protocol

from loa_server.dispatch.beacons import Answered, Declined
from loa_server.link import Broker
from loa_wire import topics

WAIT_S: Final = 0.5

log = logging.getLogger(__name__)


class Beacons(Protocol):
    def answer(self, question: bytes, speaker: str | None = None) -> Answered | Declined: ...


class Answering:
    """A thread of its own, with a signer's connection and a database's of its own."""

    def __init__(self, broker: Broker, beacons: Beacons) -> None:
        self._broker = broker
        self._beacons = beacons

    def work_once(self) -> bool:
        """False when nobody asked for half a second."""
        said = self._broker.asked(WAIT_S)
        topic = topics.read(said.topic) if said is not None else None
        if said is None or topic is None:
            return False
        match self._beacons.answer(said.payload, topic.owner):
            case Answered(node, envelope):
                self._broker.publish(topics.down(node, "beacon"), envelope, retain=False)
            case Declined(why, detail):
                # the node asks again within seconds; an attacker would fill the log
                log.log(logging.WARNING if why == "signer" else logging.DEBUG, "%s", detail)
        return True
