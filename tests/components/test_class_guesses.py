"""The class's guesses: counted once a person, bounded in every direction, and nobody is told more than counts."""

import asyncio
import json
import threading
import time
import uuid

import httpx
import pytest

from components.class_guesses import SHOWN, ClassGuesses, GuessSettings, tidy
from playground.errors import SettingError
from tests.components.test_hostile import BARE, JSON, listener, trigger


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def people(guesses: ClassGuesses, question: str, *named: str) -> str:
    """One person after the other; the key of the question."""
    return [guesses.add(question, f"person {n}", guess) for n, guess in enumerate(named)][-1]


def test_words_are_counted_however_they_are_written():
    guesses = ClassGuesses()
    key = people(
        guesses,
        "q",
        "Dog",
        " dog ",
        "DOG",
        "cat",
        "two  words",
        "two words",
        "cafe\u0301",
        "caf\xe9",
        "straße",
        "STRASSE",
    )
    told = guesses.look(key, "person 0")
    assert told["people"] == 10 and told["others"] == 0
    assert told["counts"] == [["Dog", 3], ["two words", 2], ["caf\xe9", 2], ["straße", 2], ["cat", 1]]


def test_only_those_who_guessed_see_what_the_others_did():
    guesses = ClassGuesses()
    key = guesses.add("q", "a", "dog")
    assert guesses.look(key, "b") is None
    assert guesses.look("no such key", "a") is None
    assert guesses.add("q", "b", "cat") == key
    assert guesses.look(key, "b")["people"] == guesses.look(key, "a")["people"] == 2


def test_a_person_has_one_guess_at_a_question():
    guesses = ClassGuesses()
    for word in ("dog", "cat", "dog"):
        key = guesses.add("q", "a", word)
    assert guesses.look(key, "a") == {"people": 1, "counts": [["dog", 1]], "others": 0}
    other = guesses.add("another question", "a", "cat")
    assert guesses.look(other, "a")["counts"] == [["cat", 1]]


def test_the_question_longest_untouched_goes():
    guesses = ClassGuesses(questions=3)
    keys = [guesses.add(question, "a", "dog") for question in "pqr"]
    guesses.add("p", "b", "cat")
    keys.append(guesses.add("s", "a", "dog"))
    assert [guesses.look(key, "a") is not None for key in keys] == [True, False, True, True]


def test_words_and_people_are_bounded():
    guesses = ClassGuesses(words=5, people=20)
    key = people(guesses, "q", *(f"word {n}" for n in range(50)))
    told = guesses.look(key, "person 0")
    assert (told["people"], len(told["counts"]), told["others"]) == (20, 5, 15)
    assert guesses.look(key, "person 30") is None  # came too late to be counted
    many = ClassGuesses()
    key = people(many, "q", *(f"word {n}" for n in range(40)))
    told = many.look(key, "person 0")
    assert len(told["counts"]) == SHOWN and told["others"] == 40 - SHOWN


def test_an_hour_after_its_latest_guess_a_question_is_forgotten():
    clock = Clock()
    guesses = ClassGuesses(clock=clock)
    key = guesses.add("q", "a", "dog")
    clock.now += 3500
    guesses.add("q", "b", "cat")
    clock.now += 3500
    assert guesses.look(key, "a")["people"] == 2
    clock.now += 101
    assert guesses.look(key, "a") is None
    assert guesses.add("q", "a", "bird") == key
    assert guesses.look(key, "a") == {"people": 1, "counts": [["bird", 1]], "others": 0}


def test_many_threads_count_right():
    guesses = ClassGuesses()

    def person(n: int) -> None:
        for question in range(20):
            guesses.look(guesses.add(f"q{question}", str(n), f"word {n % 3}"), str(n))

    threads = [threading.Thread(target=person, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    key = guesses.add("q7", "0", "again")
    assert dict(guesses.look(key, "0")["counts"]) == {"word 0": 10, "word 1": 10, "word 2": 10}


@pytest.mark.parametrize("guess", ["", "   ", "\n\t", "\u3000"])
def test_an_empty_guess_gets_a_sentence(guess):
    with pytest.raises(SettingError) as refused:
        GuessSettings(question="q", guess=guess)
    assert refused.value.key == "guess_empty"


def test_guesses_have_sixty_characters_at_most():
    assert tidy(GuessSettings(guess="x" * 60).guess) == "x" * 60
    with pytest.raises(SettingError) as refused:
        GuessSettings(guess="x" * 61)
    assert refused.value.key == "too_long"


# ---------------------------------------------------------------- through the real app


def post(app: str, event: str, data: object, session: str) -> dict:
    body = {"data": [], "fn_index": listener(app, event)["id"], "session_hash": session, "event_data": data}
    answer = httpx.post(f"{app}/gradio_api/run/x", content=json.dumps(body), headers=JSON, timeout=60).json()
    return json.loads(answer["data"][0])


def test_two_people_of_one_app_meet_in_one_question(app):
    question = f"question {uuid.uuid4()}"
    first = post(app, "guessed", {"question": question, "guess": "<b>dog</b>", "asked": 3}, "a" * 10)
    assert first["asked"] == 3 and first["guesses"]["people"] == 1
    assert post(app, "looked", {"key": first["key"]}, "b" * 10)["guesses"] is None
    second = post(app, "guessed", {"question": question, "guess": "\ud800${1+1}", "asked": 1}, "b" * 10)
    assert second["key"] == first["key"]
    told = post(app, "looked", {"key": first["key"]}, "a" * 10)["guesses"]
    assert told == {"people": 2, "counts": [["<b>dog</b>", 1], ["\N{REPLACEMENT CHARACTER}${1+1}", 1]], "others": 0}


@pytest.mark.parametrize(
    "event_data", [*BARE, {"question": "q", "guess": "x" * 61}, {"question": ["q"], "guess": "x"}], ids=repr
)
def test_guesses_posted_by_hand_get_a_sentence(app, event_data):
    told = json.loads(trigger(app, "guessed", [], event_data)["data"][0])
    assert told["error"]["key"] in ("not_text", "too_long", "guess_empty"), told
    assert json.loads(trigger(app, "looked", [], event_data)["data"][0])["guesses"] is None


def test_sixty_people_at_once(app):
    """All are counted, and the page answers others meanwhile."""
    guessed, looked = (listener(app, event)["id"] for event in ("guessed", "looked"))
    question = f"question {uuid.uuid4()}"

    async def ask(client: httpx.AsyncClient, number: int, session: str, data: dict) -> dict:
        body = {"data": [], "fn_index": number, "session_hash": session, "event_data": data}
        answer = await client.post("/gradio_api/run/x", content=json.dumps(body), headers=JSON)
        return json.loads(answer.json()["data"][0])

    async def person(client: httpx.AsyncClient, n: int) -> int:
        told = await ask(client, guessed, f"session {n}", {"question": question, "guess": f"word {n % 4}", "asked": n})
        for _ in range(5):
            told = await ask(client, looked, f"session {n}", {"key": told["key"]})
        return told["guesses"]["people"]

    async def bystander(client: httpx.AsyncClient, over: asyncio.Event) -> list[float]:
        waits = []
        while not over.is_set():
            start = time.monotonic()
            await client.get("/healthz")
            waits.append(time.monotonic() - start)
        return waits

    async def class_of_sixty() -> tuple[list[int], list[float]]:
        limits = httpx.Limits(max_keepalive_connections=0)  # a kept one may be closed as it is used again
        async with httpx.AsyncClient(base_url=app, timeout=60, limits=limits) as client:
            over = asyncio.Event()
            watching = asyncio.create_task(bystander(client, over))
            counts = await asyncio.gather(*(person(client, n) for n in range(60)))
            over.set()
            return counts, await watching

    counts, waits = asyncio.run(class_of_sixty())
    assert max(counts) == 60
    assert sorted(waits)[len(waits) // 2] < 1.0, waits
