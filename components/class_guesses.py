"""What a class guessed: for each question how many people named which word. In memory only, counts and no names.

A tab's own script says what a question is (widgets/predict): a text that is equal for those who play the same link.
Only someone who has guessed sees what the others did. Everything here is bounded: questions, words, people, time.
"""

from __future__ import annotations

import hashlib
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from components.runs import as_sentence, owner, packed
from components.tabs.controls import quiet
from components.widgets.base import Widget
from playground.errors import SettingError
from playground.settings import Settings, text

SHOWN = 12  # words told of a question, the most frequent first


@dataclass(frozen=True)
class GuessSettings(Settings):
    """One guess at one question, as it was posted. Raises SettingError, guess_empty for nothing but spaces."""

    question: str = text("", limit=500_000)  # a prompt at its limit, quoted, and what came after it
    guess: str = text("", limit=60)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not tidy(self.guess):
            raise SettingError("guess_empty")


def tidy(guess: str) -> str:
    """A guess as it is shown: canonically composed, its spaces single, without characters that nobody sees."""
    seen = (c for c in unicodedata.normalize("NFC", guess) if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join("".join(seen).split())


def digest(session: str) -> bytes:
    """Twelve bytes for a session's name, however long the one that was posted is."""
    return hashlib.blake2b(session.encode("utf-8", "replace"), digest_size=12).digest()


@dataclass
class Question:
    """The guesses at one question; two that differ only in upper and lower case are one."""

    counts: dict[str, int] = field(default_factory=dict)  # folded guess → people
    spelled: dict[str, str] = field(default_factory=dict)  # folded guess → as the first of them typed it
    people: set[bytes] = field(default_factory=set)  # those who have guessed, by digests of their sessions
    latest: float = 0.0  # when the latest guess came, in the clock's seconds


class ClassGuesses:
    """The guesses at the questions asked most recently. Safe to use from any thread.

    questions  kept at once; past it the one that was longest untouched goes
    words      different guesses counted of a question; people with further ones are counted together
    people     who can guess at a question
    seconds    after its latest guess a question is forgotten
    """

    def __init__(
        self,
        questions: int = 300,
        words: int = 100,
        people: int = 500,
        seconds: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most_questions, self.most_words, self.most_people, self.seconds = questions, words, people, seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._questions: OrderedDict[str, Question] = OrderedDict()  # by key, longest untouched first

    def add(self, question: str, session: str, guess: str) -> str:
        """Count a guess, the first of this session at this question; returns the question's key, for `look`."""
        key = hashlib.sha256(question.encode()).hexdigest()
        shown, person = tidy(guess), digest(session)
        folded = shown.casefold()
        with self._lock:
            self._forget()
            known = self._questions.setdefault(key, Question())
            self._questions.move_to_end(key)
            if person not in known.people and len(known.people) < self.most_people:
                known.people.add(person)
                known.latest = self._clock()
                if folded in known.counts or len(known.counts) < self.most_words:
                    known.counts[folded] = known.counts.get(folded, 0) + 1
                    known.spelled.setdefault(folded, shown)
            while len(self._questions) > self.most_questions:
                self._questions.popitem(last=False)
        return key

    def look(self, key: str, session: str) -> dict[str, Any] | None:
        """{"people", "counts": [[word, people], …] of the most frequent, "others": people with other words}.

        None for a session that has not guessed, and for a question that is forgotten.
        """
        with self._lock:
            self._forget()
            known = self._questions.get(key)
            if known is None or digest(session) not in known.people:
                return None
            ranked = sorted(known.counts.items(), key=lambda item: -item[1])[:SHOWN]
            counts = [[known.spelled[folded], count] for folded, count in ranked]
            return {
                "people": len(known.people),
                "counts": counts,
                "others": len(known.people) - sum(count for _, count in counts),
            }

    def _forget(self) -> None:
        """Drop what is too old; called with the lock held."""
        oldest = self._clock() - self.seconds
        for key in [key for key, question in self._questions.items() if question.latest < oldest]:
            del self._questions[key]


GUESSES = ClassGuesses()


def gather(view: Widget) -> None:
    """Tie a tab's guessing game (widgets/predict, or another with these two events) to the class's guesses: `guessed`
    counts one, `looked` asks for them again.

    The handlers take microseconds and run on Gradio's threads, not on the event loop.
    """

    def guessed(request: gr.Request, event: gr.EventData) -> str:
        told = event._data if isinstance(event._data, dict) else {}
        asked = {"asked": told.get("asked") if isinstance(told.get("asked"), int) else None}
        try:
            settings = GuessSettings(question=told.get("question"), guess=told.get("guess"))
        except SettingError as error:
            return packed(asked | {"error": as_sentence(error).as_json()})
        session = owner(request)
        key = GUESSES.add(settings.question, session, settings.guess)
        return packed(asked | {"key": key, "guesses": GUESSES.look(key, session)})

    def looked(request: gr.Request, event: gr.EventData) -> str:
        key = event._data.get("key") if isinstance(event._data, dict) else None
        key = key if isinstance(key, str) else ""
        return packed({"key": key[:64], "guesses": GUESSES.look(key, owner(request))})

    view.guessed(guessed, None, view, **quiet())
    view.looked(looked, None, view, **quiet())
