"""What a finger feels on the CartPole tab: python -m tests.benchmarks.cartpole_page

The scrubber moves over an episode of 500 steps, and the carts, the bars, V, the path and the words follow it. Told
are the work that this takes (the scrubber's listeners, then everything that is drawn in the next frame), the time until
that frame is painted, which includes waiting for the screen's next turn, the requests made meanwhile, the work of a
shove, after which both episodes are played anew, and the bytes of an episode as it comes from the server.
"""

from __future__ import annotations

import json
import statistics

from playwright.sync_api import Page

from playground.control.settings import ALGORITHMS, ReplaySettings
from playground.control.tasks import REPLAY_CARTPOLE
from playground.inference.engine import get_engine
from tests.benchmarks.opened import opened

TURNS = 120
LIMIT = 1000 / 60  # milliseconds
MOST_BYTES = 40_000

# A frame's callbacks run in the order in which they were asked for: this one comes after the widgets' own.
SCRUB = """(i) => new Promise((done) => {
  const range = document.querySelector("#cartpole-stage .pg-cart-player input"), began = performance.now();
  range.value = 4 * i;
  range.dispatchEvent(new Event("input", { bubbles: true }));
  const heard = performance.now() - began;
  requestAnimationFrame((turn) => {
    const drawn = performance.now() - Math.max(turn, began + heard);
    setTimeout(() => done({ work: heard + Math.max(0, drawn), painted: performance.now() - began }));
  }); })"""

SHOVE = """() => { const began = performance.now();
  document.querySelector("#cartpole-stage .pg-cart-picture")
    .dispatchEvent(new KeyboardEvent("keydown", { key: "d", bubbles: true }));
  return performance.now() - began; }"""


def measure(page: Page) -> tuple[list[dict[str, float]], list[float], int]:
    """(ms of each move, ms of each shove, requests made during all of them)."""
    asked: list[str] = []
    page.wait_for_timeout(2000)
    page.on("request", lambda request: asked.append(request.url))
    moves = [page.evaluate(SCRUB, i) for i in range(TURNS)]
    shoves = []
    for _ in range(10):
        page.evaluate(SCRUB, 0)
        shoves.append(page.evaluate(SHOVE))
    return moves, shoves, len([url for url in asked if "heartbeat" not in url])


def episode_bytes(checkpoint: str) -> int:
    """Of the only frame of its replay, as JSON."""
    engine = get_engine()
    *_, last = engine.frames(engine.submit(REPLAY_CARTPOLE, ReplaySettings(checkpoint=checkpoint)))
    return len(json.dumps(last.frame))


def main() -> None:
    with opened("?tab=cartpole") as page:
        page.wait_for_function("() => playground.last('cartpole.agent')", timeout=60_000)
        moves, shoves, requests = measure(page)
    print("| what | median | p95 | target |\n| --- | --- | --- | --- |")
    for name, target in (("work", f"≤ {LIMIT:.1f} ms"), ("painted", "–")):
        times = [one[name] for one in moves]
        p95 = statistics.quantiles(times, n=20)[18]
        print(f"| a step on the scrubber, {name} | {statistics.median(times):.1f} ms | {p95:.1f} ms | {target} |")
    print(f"| a shove: both episodes anew | {statistics.median(shoves):.1f} ms | {max(shoves):.1f} ms | – |")
    print(f"| requests during those {TURNS} moves and 10 shoves | {requests} | – | 0 |")
    sizes = {algorithm: episode_bytes(algorithm) for algorithm in ALGORITHMS}
    largest = max(sizes, key=sizes.get)
    print(f"| bytes of an episode, at most ({largest}) | {sizes[largest]:,} | – | ≤ {MOST_BYTES:,} |")


if __name__ == "__main__":
    main()
