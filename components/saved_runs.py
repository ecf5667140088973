"""Runs made beforehand, so that a tab has something to show before the first click. They say that they are saved ones.

`python -m components.saved_runs` makes them anew with the models that are there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from components.runs import packed
from components.text_values import for_reader, run_value
from playground.inference.engine import get_engine
from playground.text.settings import DEFAULT_MODEL, GenerationSettings
from playground.text.tasks import GENERATE

FOLDER = Path(__file__).parent / "first_runs"
FIRST_PROMPT = {"en": "Once upon a time", "zh-CN": "明月"}  # what the prompt says when the page opens
LENGTH = 60


def by_language(tab: str) -> dict[str, Any]:
    """{"saved": {language: run value}}, of which the browser takes the reader's."""
    return {
        "saved": {
            path.stem.partition(".")[2]: json.loads(path.read_text("utf-8")) for path in FOLDER.glob(f"{tab}.*.json")
        }
    }


def first_settings(language: str) -> GenerationSettings:
    """What the page would run if Run were clicked at once, in a page of `language`."""
    return GenerationSettings(prompt=FIRST_PROMPT[language], model=DEFAULT_MODEL[language], max_new_tokens=LENGTH)


def main() -> None:
    """Make and save the first run of the text tab in each language."""
    engine = get_engine()
    FOLDER.mkdir(exist_ok=True)
    for language in FIRST_PROMPT:
        settings = first_settings(language)
        *_, last = engine.frames(engine.submit(GENERATE, settings))
        if last.error is not None:
            raise last.error
        value = for_reader(run_value(last, settings) | {"settings": settings.as_dict(), "run": "saved"}, language)
        (FOLDER / f"text.{language}.json").write_text(packed(value) + "\n", "utf-8")


if __name__ == "__main__":
    main()
