"""What a finger feels on the diffusion tab: python -m tests.benchmarks.diffusion_page

Ten digits of 20 steps with guidance, the model loaded. Measured in the page: from the click on Run to the first step
painted and to the finished images painted; then, scrubbing, the work of swapping a frame (all four rows and both
curves' cursors redrawn) and the time from the slider's event to the end of the next frame; and the requests made.
"""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from tests.benchmarks.attention_page import PAINTED
from tests.benchmarks.opened import opened

RUNS, TURNS = 5, 60
RUN = """async (seed) => {
  const run = playground.denoising.shown().trace, began = performance.now();
  document.querySelector("#diffusion-run").click();
  const until = async (there) => {
    while (!there()) await new Promise(requestAnimationFrame);
    return painted(began); };
  const mine = () => run.settings?.seed === seed;
  const first = await until(() => mine() && run.count > 0);
  return [first, await until(() => mine() && run.finished)]; }"""
SCRUB = """async (i) => {
  const range = document.querySelector("#diffusion-view .pg-scrubber input"), began = performance.now();
  range.value = i % 21;
  range.dispatchEvent(new Event("input"));
  const worked = performance.now() - began;
  let drawn = 0;
  await new Promise((done) => requestAnimationFrame(() => {
    const start = performance.now();
    setTimeout(() => { drawn = performance.now() - start; done(); }); }));
  return [worked + drawn, performance.now() - began]; }"""


def clicked(page: Page, seed: int) -> list[float]:
    """ms to the first step and to the finished images on screen."""
    page.locator("#diffusion-seed input").fill(str(seed))
    page.locator("#diffusion-seed input").press("Tab")
    page.wait_for_function("(seed) => playground.last('diffusion.settings')?.seed === seed", arg=seed)
    page.wait_for_timeout(500)
    return page.evaluate(RUN, seed)


def main() -> None:
    with opened("?tab=diffusion&depth=lab") as page:
        page.wait_for_function("playground.denoising.shown()?.trace.finished", timeout=60_000)
        page.evaluate(PAINTED)
        page.locator("#diffusion-view .pg-scrubber input").press("End")
        first, whole = zip(*[clicked(page, seed) for seed in range(100, 101 + RUNS)][1:], strict=True)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1500)
        asked.clear()
        work, frames = zip(*[page.evaluate(SCRUB, i) for i in range(TURNS)], strict=True)
    print("| what, ten digits, 20 steps | median | most / p95 | target |\n| --- | --- | --- | --- |")
    print(f"| click → first step painted | {statistics.median(first):.0f} ms | {max(first):.0f} ms | ≤ 300 ms |")
    print(f"| click → finished images painted | {statistics.median(whole):.0f} ms | {max(whole):.0f} ms | – |")
    for name, took, target in (("frame swap: work", work, "≤ 16 ms"), ("slider → painted", frames, "–")):
        p95 = statistics.quantiles(took, n=20)[18]
        print(f"| {name} | {statistics.median(took):.1f} ms | {p95:.1f} ms | {target} |")
    print(f"| requests during {TURNS} frames | {len([url for url in asked if 'heartbeat' not in url])} | – | 0 |")


if __name__ == "__main__":
    main()
