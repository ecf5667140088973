"""The page's words: one tree of keys a language, in locales/, and the lessons in lessons/.

`words("text.run")` is what a Gradio component takes as its label; in the browser `playground.words("text.run")` is the
same text. Sentences of errors have one source in English, playground.errors.SENTENCES; other languages hold theirs
under `errors`. A lesson is the key `lessons.NAME`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import gradio as gr
from gradio.i18n import I18nData

from playground.errors import SENTENCES

LANGUAGES = {"en": "English", "zh-CN": "中文"}
HERE = Path(__file__).parent


def leaves(tree: dict, prefix: str = "") -> dict[str, str]:
    """{"text": {"run": "Run"}} → {"text.run": "Run"}."""
    flat: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= leaves(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


@cache
def dictionary(language: str) -> dict[str, str]:
    """{"text.run": "Run", …} for one of LANGUAGES: locale, lessons and error sentences together."""
    tree = json.loads((HERE / "locales" / f"{language}.json").read_text(encoding="utf-8"))
    if language == "en":
        tree["errors"] = SENTENCES
    tree["lessons"] = {
        path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "lessons" / language).glob("*.md"))
    }
    return leaves(tree)


@cache
def i18n() -> gr.I18n:
    """What `launch(i18n=…)` takes. Gradio shows its texts as they stand: braces and LaTeX are safe in them."""
    return gr.I18n(**{language: dictionary(language) for language in LANGUAGES})


def words(key: str) -> I18nData:
    """The text of `key`, in whatever language the page is read in. Raises KeyError for a key that no locale has."""
    if key not in dictionary("en"):
        raise KeyError(f"components/locales/en.json has no {key!r}")
    return i18n()(key)


def script() -> str:
    """JavaScript that gives the browser both dictionaries, before kit.js. Lessons and formulas go with Gradio's own."""
    small = {
        language: {key: text for key, text in dictionary(language).items() if not key.startswith("lessons.")}
        for language in LANGUAGES
    }
    return f"window.playgroundWords = {json.dumps(small, ensure_ascii=False)};\n"
