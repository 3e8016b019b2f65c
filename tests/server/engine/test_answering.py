"""Who asks for the time is answered on their own topic, at once, and nothing of it is kept."""

from __future__ import annotations

from fakes.broker import FakeBroker
from loa_server.dispatch.beacons import Answered, Declined
from loa_server.engine.answering import Answering
from loa_wire import topics

UP, DOWN = topics.up("tq-01", "ask"), topics.down("tq-01", "beacon")


class FakeBeacons:
    """Answers with the question itself; declines the question "no"."""

    def answer(self, question: bytes, speaker: str | None = None) -> Answered | Declined:
        if question == b"no" or speaker is None:
            return Declined("unknown", "nobody knows it")
        return Answered(speaker, question)


def a_broker() -> FakeBroker:
    broker = FakeBroker()
    broker.start()
    return broker


def test_the_answer_goes_to_who_asked_and_is_not_retained() -> None:
    broker = a_broker()
    broker.says(UP, b"what time is it")

    assert Answering(broker, FakeBeacons()).work_once()

    assert broker.heard == [(DOWN, b"what time is it")]
    assert broker.kept == {}


def test_reports_that_nobody_has_taken_in_do_not_stand_before_a_question() -> None:
    broker = a_broker()
    for _ in range(1000):
        broker.says(topics.up("tq-02", "journal"), b"a report")
    broker.says(UP, b"?")

    assert Answering(broker, FakeBeacons()).work_once()

    assert broker.heard == [(DOWN, b"?")]


def test_a_question_is_a_sign_of_life_too() -> None:
    broker = a_broker()
    broker.says(UP, b"?")

    Answering(broker, FakeBeacons()).work_once()

    said = broker.receive(0)
    assert said is not None
    assert said.receipt is not None  # the intake lets go of it, as of every message


def test_who_is_not_answered_is_not_answered() -> None:
    broker = a_broker()
    broker.says(UP, b"no")

    assert Answering(broker, FakeBeacons()).work_once()
    assert not Answering(broker, FakeBeacons()).work_once()

    assert broker.heard == []
