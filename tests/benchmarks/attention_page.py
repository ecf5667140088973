"""What a finger feels on the attention tab: python -m tests.benchmarks.attention_page

A text of 128 tokens is on screen, all heads of `tales` beside one in full. Measured from an event that a person makes
(a key on the grid, the pointer on the matrix, a press on Matrix or Links) to the end of the next frame, with everything
redrawn; and the requests made meanwhile.
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from tests.benchmarks.attention import embedded
from tests.benchmarks.opened import opened

TURNS = 40
LIMIT = 50.0  # milliseconds

# A frame's callbacks run before it is painted, in the order in which they were asked for; the timer runs after.
PAINTED = """window.painted = (began) => new Promise((done) =>
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - began))))"""
ACTS = {
    "another head opened": """(i) => {
      const grid = document.querySelector("#attention-grid canvas"), began = performance.now();
      for (const key of [["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"][i % 4], "Enter"]) {
        grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      }
      return painted(began); }""",
    "hover": """(i) => {
      const picture = document.querySelector("#attention-view .pg-heatmap-picture");
      const place = picture.getBoundingClientRect(), began = performance.now();
      const at = { clientX: place.left + 110 + 3 * i, clientY: place.bottom - 20 - i };
      picture.dispatchEvent(new PointerEvent("pointermove", { pointerType: "mouse", bubbles: true, ...at }));
      return painted(began); }""",
    "matrix ⇄ links": """(i) => {
      const began = performance.now();
      document.querySelectorAll("#attention-view [role=radio]")[(i + 1) % 2].click();
      return painted(began); }""",
}


def measure(page: Page) -> tuple[dict[str, list[float]], int]:
    """(ms of each act, requests made during all of them)."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    asked.clear()
    times = {
        name: [page.evaluate(act.replace("PAINTED", PAINTED), i) for i in range(TURNS)] for name, act in ACTS.items()
    }
    return times, len([url for url in asked if "heartbeat" not in url])


def main() -> None:
    _, _, text = embedded()
    with opened("?tab=attention") as page:
        page.locator("#attention-text textarea").fill(text)
        page.locator("#attention-run").click()
        page.wait_for_function("() => playground.attention.frame()?.tokens.length >= 128", timeout=60_000)
        page.evaluate(PAINTED)
        times, requests = measure(page)
    print("| what, at 128 tokens | median | p95 | target |\n| --- | --- | --- | --- |")
    for name, took in times.items():
        p95 = statistics.quantiles(took, n=20)[18]
        print(f"| {name} → painted | {statistics.median(took):.0f} ms | {p95:.0f} ms | ≤ {LIMIT:.0f} ms |")
    print(f"| requests during those {TURNS * len(ACTS)} acts | {requests} | – | 0 |")


if __name__ == "__main__":
    main()
