"""Whose turn it is: two lanes, each fair among people. Pure bookkeeping in seconds charged, no clock and no threads.

Within a lane the owner who has used least goes first, as in stride scheduling (Waldspurger & Weihl, 1995). A first turn
that took very long (it imports a library, for all who come later) is mostly forgiven: who had it waits until the others
have been served for a second together, however many they are. Between lanes interactive work goes first until it owes
training a third of what it has taken, which gives training a quarter.
"""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

from playground.inference.tasks import Lane

TRAINING_SHARE = 1 / 4
LONGEST_WAIT = 1.0  # seconds that the others in a lane are served, all together, before one has its second turn


class Work(Protocol):
    """What takes turns on the device (work.py)."""

    lane: Lane
    owner: str


class Turns:
    """One lane."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}  # owner -> seconds used, per person served
        self._work: dict[str, dict[Work, float]] = {}  # owner -> work that waits for a turn -> seconds used
        self._begun: WeakSet[Work] = WeakSet()  # work that has had a turn

    def __len__(self) -> int:
        return sum(map(len, self._work.values()))

    def __contains__(self, work: Work) -> bool:
        return work in self._work.get(work.owner, {})

    def add(self, work: Work) -> None:
        """A newcomer starts level with the least served owner: neither behind for coming late nor ahead for leaving."""
        if work.owner not in self._work:
            floor = min((self._used[owner] for owner in self._work), default=max(self._used.values(), default=0.0))
            self._used = {owner: used for owner, used in self._used.items() if owner in self._work or used > floor}
            self._used.setdefault(work.owner, floor)
        mine = self._work.setdefault(work.owner, {})
        mine.setdefault(work, min(mine.values(), default=0.0))

    def remove(self, work: Work) -> None:
        mine = self._work.get(work.owner, {})
        mine.pop(work, None)
        if not mine:
            self._work.pop(work.owner, None)

    def next(self) -> Work:
        owner = min(self._work, key=self._used.__getitem__)
        return min(self._work[owner], key=self._work[owner].__getitem__)

    def charge(self, work: Work, seconds: float, people: int) -> None:
        if work.owner in self._used:  # a newcomer who was served once and is gone is still remembered
            used = self._used[work.owner] + seconds / max(1, people)
            if work not in self._begun:
                least = min((self._used[owner] for owner in self._work if owner != work.owner), default=used)
                used = min(used, least + LONGEST_WAIT / max(1, len(self._work)))
            self._used[work.owner] = used
        self._begun.add(work)
        if work in self:  # and to the back of the line, for those who have used the same
            mine = self._work[work.owner] = self._work.pop(work.owner)
            mine[work] = mine.pop(work) + seconds


class Lanes:
    """Both lanes, and the few that are about to end, who go before everyone."""

    def __init__(self) -> None:
        self._turns = {lane: Turns() for lane in Lane}
        self._ending: dict[Work, None] = {}  # an ordered set
        self._owed = 0.0  # seconds that interactive work owes training

    def __len__(self) -> int:
        return len(self._ending) + sum(map(len, self._turns.values()))

    def add(self, work: Work) -> None:
        if work not in self._ending:
            self._turns[work.lane].add(work)

    def hurry(self, work: Work) -> None:
        """This work is ending: serve it first."""
        self._turns[work.lane].remove(work)
        self._ending[work] = None

    def remove(self, work: Work) -> None:
        self._ending.pop(work, None)
        self._turns[work.lane].remove(work)

    def next(self) -> Work | None:
        if self._ending:
            work = next(iter(self._ending))
            self._ending[work] = self._ending.pop(work)  # to the back: they take turns too
            return work
        interactive, training = self._turns[Lane.INTERACTIVE], self._turns[Lane.TRAINING]
        if training and (self._owed > 0 or not interactive):
            return training.next()
        return interactive.next() if interactive else None

    def charge(self, work: Work, seconds: float, people: int = 1) -> None:
        """Book `seconds` that `work` has had on behalf of so many people; call it before removing the work."""
        self._turns[work.lane].charge(work, seconds, people)
        interactive, training = self._turns[Lane.INTERACTIVE], self._turns[Lane.TRAINING]
        if not (interactive and training):
            self._owed = 0.0  # with nobody on the other side, nothing is owed
        elif work.lane is Lane.INTERACTIVE:
            self._owed += seconds * TRAINING_SHARE / (1 - TRAINING_SHARE)
        else:
            self._owed -= seconds
