"""Links to settings: what is asked for is set, what cannot be used is told, and nothing makes the page fail."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from components import permalinks
from playground.settings import Settings, choice, integer, integers, number, text


@dataclass(frozen=True)
class Cooking(Settings):
    dish: str = text("soup", limit=20)
    heat: float = number(0.5, low=0.0, high=2.0)
    minutes: int = integer(10, low=1, high=60)
    pot: str = choice("iron", ("iron", "clay"))
    order: tuple[int, ...] = integers((), low=0, high=9, limit=3)


@dataclass(frozen=True)
class Tasting(Settings):
    spoons: int = integer(1, low=1, high=9)


ALL = ("dish", "heat", "minutes", "pot", "order")
TABS = {
    "cook": {name: (Cooking, name) for name in ALL} | {"taste.spoons": (Tasting, "spoons")},
    "eat": {"dish": (Cooking, "dish")},
}


def read(**query: str) -> permalinks.Opening:
    return permalinks.read("?" + urlencode(query), TABS)


def test_every_kind_of_setting_comes_back():
    link = read(tab="cook", dish="汤 & <b>${1+1}</b>", heat="1.25", minutes="7", pot="clay", order="3,1,2")
    assert link.values == {
        "dish": "汤 & <b>${1+1}</b>", "heat": 1.25, "minutes": 7, "pot": "clay", "order": (3, 1, 2),
    }  # fmt: skip
    assert link.tab == "cook"
    assert not link.problems


def test_no_query_opens_the_first_tab():
    link = permalinks.read("", TABS)
    assert (link.tab, link.values, link.run, link.problems) == ("cook", {}, False, [])


def test_only_the_controls_a_tab_has_are_set():
    assert read(tab="eat", dish="rice", heat="1").values == {"dish": "rice"}


def test_an_experiments_settings_go_by_its_name():
    link = read(tab="cook", **{"taste.spoons": "3", "spoons": "4", "lock": "taste.spoons"})
    assert (link.values, link.locked, link.problems) == ({"taste.spoons": 3}, {"taste.spoons"}, [])
    assert [problem["key"] for problem in read(tab="cook", **{"taste.spoons": "99"}).problems] == ["out_of_range"]


def test_foreign_parameters_are_let_be():
    assert read(tab="cook", __theme="dark", utm_source="x", lang="zh-CN").problems == []


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("heat", "9", "out_of_range"),
        ("heat", "nan", "not_a_number"),
        ("heat", "inf", "not_a_number"),
        ("heat", "1e999", "not_a_number"),
        ("heat", "hot", "not_a_number"),
        ("heat", "", "not_a_number"),
        ("minutes", "2.5", "not_an_integer"),
        ("minutes", "-1", "out_of_range"),
        ("minutes", "9" * 400, "not_a_number"),
        ("minutes", "٣", None),  # another script's three is a three
        ("minutes", "²", "not_a_number"),
        ("dish", "x" * 21, "too_long"),
        ("pot", "gold", "not_one_of"),
        ("order", "1,2,3,4", "not_a_list"),
        ("order", "1,x", "not_a_list"),
        ("order", "1.5", "not_a_list"),
        ("lock", "heat,lid", "no_such_control"),
        ("hide", "lid", "no_such_control"),
        ("tab", "sleep", "not_one_of"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(name: str, value: str, key: str | None):
    link = read(**{"dish": "rice", "tab": "cook", name: value})
    if key is None:
        assert link.problems == []
        return
    assert [problem["key"] for problem in link.problems] == [key]
    assert name in link.problems[0]["sentence"]
    if name not in ("dish", "tab"):
        assert link.values["dish"] == "rice"  # the rest of the link still works
    assert name not in link.values


def test_a_teacher_locks_and_hides():
    link = read(tab="cook", lock="heat, minutes", hide="pot,lid", heat="1")
    assert link.locked == {"heat", "minutes"}
    assert link.hidden == {"pot"}
    assert link.values == {"heat": 1}


@pytest.mark.parametrize(
    "query",
    ["?", "?&&&==", "?%ff%fe", "?heat", "?" + "a=1&" * 20_000, "?dish=%00%ed%a0%80", "?order=" + "1," * 50_000, None],
)
def test_no_query_makes_it_fail(query: str | None):
    assert permalinks.read(query, TABS).tab == "cook"


def test_run_is_asked_for_by_one():
    assert read(run="1").run
    assert not read(run="yes").run


def test_a_thousand_wrong_names_are_one_short_sentence():
    link = read(tab="cook", lock=",".join(f"no{i}" for i in range(10_000)), hide="heat,heat,lid,lid")
    assert [problem["key"] for problem in link.problems] == ["no_such_control"] * 2
    assert all(len(problem["sentence"]) < 300 for problem in link.problems)
    assert link.hidden == {"heat"}
