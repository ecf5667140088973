"""What a finger feels on the VAE tab: python -m tests.benchmarks.vae_page

The pointer moves over the map, and the image decoded there is drawn beside it. Told are the work this takes (the
pointer's listeners, then everything that is drawn in the next frame), the time until that frame is painted, which
includes waiting for the screen's next turn, and the requests made meanwhile.
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from tests.benchmarks.opened import opened

TURNS = 120
LIMIT = 16.0  # milliseconds

# A frame's callbacks run in the order in which they were asked for: this one comes after the widgets' own.
HOVER = """(i) => new Promise((done) => {
  const map = document.querySelector("#vae-map .pg-map-moving"), place = map.getBoundingClientRect();
  const angle = i / 7, radius = (0.1 + 0.3 * ((i % 40) / 40)) * place.width, began = performance.now();
  const at = { clientX: place.left + place.width / 2 + radius * Math.cos(angle),
    clientY: place.top + place.height / 2 + radius * Math.sin(angle) };
  map.dispatchEvent(new PointerEvent("pointermove", { pointerType: "mouse", bubbles: true, ...at }));
  const heard = performance.now() - began;
  requestAnimationFrame((turn) => {
    const drawn = performance.now() - Math.max(turn, began + heard);
    setTimeout(() => done({ work: heard + Math.max(0, drawn), painted: performance.now() - began }));
  }); })"""


def measure(page: Page) -> tuple[list[dict[str, float]], int]:
    """(ms of each move, requests made during all of them)."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2000)
    asked.clear()
    took = [page.evaluate(HOVER, i) for i in range(TURNS)]
    return took, len([url for url in asked if "heartbeat" not in url])


def main() -> None:
    with opened("?tab=vae") as page:
        page.wait_for_function("() => playground.vae?.map()", timeout=60_000)
        took, requests = measure(page)
    print("| what | median | p95 | target |\n| --- | --- | --- | --- |")
    for name, target in (("work", f"≤ {LIMIT:.0f} ms"), ("painted", "–")):
        times = [one[name] for one in took]
        p95 = statistics.quantiles(times, n=20)[18]
        print(f"| hover → decoded image, {name} | {statistics.median(times):.1f} ms | {p95:.1f} ms | {target} |")
    print(f"| requests during those {TURNS} moves | {requests} | – | 0 |")


if __name__ == "__main__":
    main()
