"""Links that reopen an exact state: query parameters ⇄ settings.

    ?tab=text&lang=zh-CN&depth=lab&prompt=月&temperature=0.4&lock=top_k,top_p&hide=seed&lesson=open&run=1

Settings go by their own names, those of an experiment by `draw.draws`. A teacher's link can `lock` controls (shown, not
to be changed) and `hide` them (their value still counts). What a link asks for in vain is told in a sentence, and the
rest of the link still works.
Language, depth, lesson and run are the browser's business (widgets/start.js and shell.js).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from playground.errors import PlaygroundError, SettingError
from playground.settings import Settings, default, spec

QUERY_LIMIT = 100_000  # characters: more than a server passes on


@dataclass
class Opening:
    """What a link asks for. `problems` are errors as JSON, in the order they were met."""

    tab: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    run: bool = False
    problems: list[dict] = field(default_factory=list)


Fields = Mapping[
    str, tuple[type[Settings], str]
]  # name in a link → the settings it is a field of, and the field's name


def read(query: str, tabs: Mapping[str, Fields]) -> Opening:
    """What `query` (location.search) asks of one of `tabs`, {name: the fields it has controls for}."""
    asked = dict(parse_qsl(str(query)[:QUERY_LIMIT].removeprefix("?"), keep_blank_values=True, max_num_fields=None))
    opening = Opening(run=asked.get("run") == "1")
    tab = asked.get("tab") or next(iter(tabs))
    if tab not in tabs:
        opening.problems.append(SettingError("not_one_of", field="tab", choices=tuple(tabs), value=tab).as_json())
        return opening
    opening.tab = tab
    for name, (settings, field_name) in tabs[tab].items():
        if name in asked:
            try:
                opening.values[name] = _value(settings, field_name, asked[name])
            except PlaygroundError as error:
                opening.problems.append(error.as_json())
    names = tuple(tabs[tab])
    opening.locked = _names("lock", asked, names, opening.problems)
    opening.hidden = _names("hide", asked, names, opening.problems)
    return opening


def _value(settings: type[Settings], name: str, text: str) -> Any:
    """`text` as the field's kind of value, checked by the field itself. Raises SettingError."""
    kind = type(default(settings, name))
    value: Any = text
    try:
        if kind is float or kind is int:
            value = _number(text)
        elif kind is tuple:
            value = [_number(item) for item in text.split(",") if item]
        elif kind is bool:
            value = {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError):
        pass  # the field's own check says what is wrong with the text
    return spec(settings, name).check(name, value)


def _number(text: str) -> float:
    """A number as it was written: 9 stays 9. Raises ValueError."""
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 30 else float(text)


def _names(word: str, asked: Mapping[str, str], fields: tuple[str, ...], problems: list[dict]) -> frozenset[str]:
    wanted = dict.fromkeys(name.strip() for name in asked.get(word, "").split(",") if name.strip())
    unknown = [name for name in wanted if name not in fields]
    if unknown:  # one sentence, however many there are
        problems.append(SettingError("no_such_control", field=word, value=", ".join(unknown)).as_json())
    return frozenset(wanted) & frozenset(fields)
