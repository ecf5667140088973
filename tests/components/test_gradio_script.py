"""Gradio's page script as it is served: what is mended is found in the installed version, and served mended."""

from __future__ import annotations

from pathlib import Path

import gradio
import httpx

from components.gradio_script import FIXES, NAME, mended

ASSETS = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
(CORE,) = [file for file in ASSETS.glob("*.js") if NAME.search(f"/assets/{file.name}")]


def test_the_installed_gradio_has_what_is_mended():
    script = CORE.read_text("utf-8")
    for found in FIXES:
        assert script.count(found) == 1


def test_the_app_serves_it_mended_and_everything_else_as_it_is(app):
    served = httpx.get(f"{app}/assets/{CORE.name}")
    assert served.content == mended(CORE.read_bytes()) != CORE.read_bytes()
    other = next(file for file in ASSETS.glob("index-*.js"))
    assert httpx.get(f"{app}/assets/{other.name}").content == other.read_bytes()
    assert httpx.get(f"{app}/assets/core-nothing.js").status_code == 404


def test_another_version_is_left_alone():
    assert mended(b"function Y(e){return e}") == b"function Y(e){return e}"
