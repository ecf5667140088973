"""How the page is put together, without a browser."""

from __future__ import annotations

import pytest
from gradio import i18n

from components import head, page
from components.endpoints import ENDPOINTS
from components.widgets.tab_head import TabHead


@pytest.fixture(scope="module")
def built():
    return page.build()


def test_depth_lesson_and_theme_have_no_listener_on_the_server(built):
    """They are the browser's business: whatever is clicked there, nothing is asked."""
    heads = {block._id for block in built.blocks.values() if isinstance(block, TabHead)}
    assert len(heads) == len(page.TABS)
    assert [fn for fn in built.fns.values() for target, _ in fn.targets if target in heads] == []


def test_every_control_can_be_set_by_a_link(built):
    loads = [fn for fn in built.fns.values() if any(event == "load" for _, event in fn.targets) and fn.fn]
    set_by_links = {block.elem_id for fn in loads for block in fn.outputs}
    assert {"text-prompt", "text-temperature", "text-seed"} <= set_by_links


def test_what_a_browser_is_told_of_the_page_is_plain_data(built):
    """An event among it, taken for an argument of the same name, would copy the whole page for each visitor."""
    plain, left, odd = (str, int, float, bool, type(None), i18n.I18nData), [built.config["components"]], []
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, (list, tuple)):
            left.extend(value)
        elif not isinstance(value, plain):
            odd.append(value)
    assert odd == []


def test_the_code_of_widgets_is_in_the_script_and_not_in_the_page(built):
    called = {part["props"]["js_on_load"] for part in built.config["components"] if part["type"] == "html"}
    script = head.text("js")
    assert len(called) > 60
    for call in called:
        name = call.partition("(")[0]
        assert len(call) < 100 and f"\nwindow.{name} = function (" in script


def test_no_listener_shows_progress_on_what_holds_others(built):
    """With every message of any run Gradio would look at all that these hold: of the tabs, at the whole page."""
    holding = {block._id for block in built.blocks.values() if getattr(block, "children", None)}
    shown = [dep["show_progress_on"] or dep["outputs"] for dep in built.config["dependencies"] if dep["backend_fn"]]
    assert [targets for targets in shown if holding & set(targets)] == []


def test_only_chosen_functions_are_in_the_public_api(built):
    named = built.get_api_info()["named_endpoints"]
    assert set(named) == {f"/{name}" for name in ENDPOINTS}
    assert built.get_api_info()["unnamed_endpoints"] == {}


def test_handlers_that_stream_never_wait_in_gradios_queue(built):
    """The engine has the queue with places and limits; Gradio's default of one at a time would stand before it."""
    waiting = [fn for fn in built.fns.values() if fn.fn and fn.queue and fn.concurrency_limit not in (None, "default")]
    assert waiting == []
    assert built.default_config is not None and built._queue.default_concurrency_limit is None


def test_what_launch_is_told():
    options = page.launch_options()
    assert options["show_error"] is False and options["run_history"] is False and options["ssr_mode"] is False
    assert options["max_threads"] >= 150
    assert "settings" in options["footer_links"]
