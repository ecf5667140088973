"""Whose turn it is, in counted seconds."""

from __future__ import annotations

from collections import Counter

import pytest

from playground.inference.lanes import Lanes
from playground.inference.tasks import Lane


class Job:
    def __init__(self, name: str, lane: Lane, owner: str = "", seconds: float = 0.01, people: int = 1) -> None:
        self.name, self.lane, self.owner = name, lane, owner or name
        self.seconds, self.people = seconds, people


def turns(lanes: Lanes, n: int) -> Counter[str]:
    """Seconds that each had after n turns."""
    had: Counter[str] = Counter()
    for _ in range(n):
        job = lanes.next()
        lanes.charge(job, job.seconds, job.people)
        had[job.name] += job.seconds
    return had


def lanes_with(*jobs: Job) -> Lanes:
    lanes = Lanes()
    for job in jobs:
        lanes.add(job)
    return lanes


@pytest.mark.parametrize(("interactive", "training"), [(0.01, 0.01), (0.001, 0.05), (0.05, 0.002)])
def test_training_gets_a_quarter_however_long_the_units(interactive, training):
    lanes = lanes_with(Job("chat", Lane.INTERACTIVE, seconds=interactive), Job("gan", Lane.TRAINING, seconds=training))
    had = turns(lanes, 4000)
    assert had["gan"] / had.total() == pytest.approx(0.25, abs=0.02)


def test_interactive_work_goes_first_and_owes_nothing_for_what_training_did_alone():
    lanes = lanes_with(Job("gan", Lane.TRAINING, seconds=0.05))
    turns(lanes, 100)
    lanes.add(Job("chat", Lane.INTERACTIVE))
    assert lanes.next().name == "chat"
    had = turns(lanes, 2000)
    assert had["gan"] / had.total() == pytest.approx(0.25, abs=0.03)


def test_people_share_alike_however_many_runs_they_have():
    lanes = lanes_with(*(Job(f"a{i}", Lane.TRAINING, "a") for i in range(3)), Job("b", Lane.TRAINING))
    had = turns(lanes, 600)
    assert had["b"] == pytest.approx(3.0, abs=0.02)
    assert [had[f"a{i}"] for i in range(3)] == pytest.approx([1.0] * 3, abs=0.02)


def test_people_share_time_and_not_turns():
    lanes = lanes_with(Job("slow", Lane.TRAINING, seconds=0.05), Job("quick", Lane.TRAINING, seconds=0.001))
    had = turns(lanes, 1000)
    assert had["slow"] == pytest.approx(had["quick"], abs=0.051)


@pytest.mark.parametrize("people", [3, 60])
def test_a_first_turn_that_was_very_long_is_waited_for_a_second_of_the_others_together(people):
    unlucky = Job("unlucky", Lane.TRAINING, seconds=5.0)
    lanes = lanes_with(unlucky, *(Job(f"other{n}", Lane.TRAINING, seconds=0.01) for n in range(people - 1)))
    assert lanes.next() is unlucky
    lanes.charge(unlucky, unlucky.seconds)
    waited = 0.0
    while (job := lanes.next()) is not unlucky:
        lanes.charge(job, job.seconds)
        waited += job.seconds
    assert waited == pytest.approx(1 - 1 / people, abs=0.01 * people)
    lanes.charge(unlucky, unlucky.seconds)  # and no other: long turns as a habit would be more than one's share
    while (job := lanes.next()) is not unlucky:
        lanes.charge(job, job.seconds)
        waited += job.seconds
    assert waited > 5 * (people - 1)


def test_a_newcomer_starts_level():
    lanes = lanes_with(Job("old", Lane.TRAINING))
    turns(lanes, 1000)
    lanes.add(Job("new", Lane.TRAINING))
    had = turns(lanes, 100)
    assert had["new"] == pytest.approx(had["old"], abs=0.011)


def test_leaving_and_coming_back_gains_nothing():
    lanes = lanes_with(Job("steady", Lane.TRAINING))
    had: Counter[str] = Counter()
    short = None
    for i in range(400):  # always a fresh run of one turn
        if short is None:
            short = Job(f"short{i}", Lane.TRAINING, "hopper")
            lanes.add(short)
        job = lanes.next()
        lanes.charge(job, job.seconds)
        had[job.owner] += 1
        if job is short:
            lanes.remove(job)
            short = None
    assert abs(had["hopper"] - had["steady"]) <= 2


def test_work_for_ten_people_gets_ten_shares():
    lanes = lanes_with(Job("batch", Lane.INTERACTIVE, people=10), Job("one", Lane.INTERACTIVE))
    had = turns(lanes, 1100)
    assert had["batch"] / had["one"] == pytest.approx(10, rel=0.05)


def test_what_is_ending_goes_before_everyone_in_turns():
    jobs = [Job("chat", Lane.INTERACTIVE), Job("e1", Lane.TRAINING), Job("e2", Lane.TRAINING)]
    lanes = lanes_with(*jobs)
    lanes.hurry(jobs[1])
    lanes.hurry(jobs[2])
    assert [lanes.next().name for _ in range(4)] == ["e1", "e2", "e1", "e2"]
    lanes.remove(jobs[1])
    lanes.remove(jobs[2])
    assert lanes.next().name == "chat"
    assert len(lanes) == 1


def test_nothing_to_do_is_none():
    assert Lanes().next() is None
