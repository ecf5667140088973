"""The story: a text as tokens coloured by surprise, and of each the numbers and the words it beat."""

from __future__ import annotations

from components.widgets.base import Widget


class TokenStrip(Widget):
    """Value: a run as it streams, or None; {"state", "position"?, "progress"?, "error"?} while there is no run yet.

    {"run", "state", "position"?, "progress"?, "settings", "model": {"id", "title", …}, "prompt_tokens": [token],
    "notices"?, "samples": [{"sample", "start", "tokens": [token], "text", "finish_reason"?}], "tokens_per_second"?,
    "error"?}
    prompt_tokens are all ids that were read, the settings' prefix_ids last. Frames carry only new tokens of each
    sample, numbered from `start`; the last, with state "done", carries everything.

    Event `branch(evt: gr.EventData)`: evt.run, evt.sample, evt.position, evt.id, evt.text, evt.prefix_ids (what the new
    run's settings take: every token after the prompt up to and including the one chosen), evt.settings (of this run).
    Bus: says text.status ({state, position, progress, reason, error}); hears story.show ({run, sample}).
    """
