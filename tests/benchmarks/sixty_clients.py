"""Sixty people at once, over HTTP: python -m tests.benchmarks.sixty_clients

Sixty clients press Run in the same moment, each with a prompt and a seed of its own, and read 40 tokens as they stream.
The app runs in a process of its own, warmed up; the clients share the machine with it. Five rounds, each with seeds of
its own; the figures are medians, with the worst round beside them. Also told: memory of the idle app, and after a run.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx
import psutil

from tests.conftest import running_app

CLIENTS, TOKENS, ROUNDS = 60, 40, 5
FIRST_TOKEN_LIMIT, SPREAD_LIMIT = 2.0, 2.0


async def one_client(client: httpx.AsyncClient, app: str, number: int, seed: int) -> tuple[float, float, str]:
    """(seconds to the first token, seconds to the last value, what went wrong or "") of one run."""
    asked = [f"The {number} mice", "tales", 0.8, 0, 1.0, 0.0, 1.0, TOKENS, seed]
    began, first = time.perf_counter(), None
    call = await client.post(f"{app}/gradio_api/call/generate_text", json={"data": asked})
    url = f"{app}/gradio_api/call/generate_text/{call.json()['event_id']}"
    event, last = "", None
    async with client.stream("GET", url) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: ") and event in ("generating", "complete", "error"):
                last = json.loads(line.removeprefix("data: "))
                value = last[0] if isinstance(last, list) else {}
                if first is None and value.get("tokens"):
                    first = time.perf_counter() - began
    ended = time.perf_counter() - began
    whole = event == "complete" and (len(last[0]["tokens"]) == TOKENS or last[0]["finish_reason"] == "eos")
    if not whole:
        return first or ended, ended, f"{event}: {str(last)[:200]}"
    return first, ended, ""


async def crowd(app: str, clients: int, seed: int) -> list[tuple[float, float, str]]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(timeout=120, limits=limits) as client:
        return await asyncio.gather(*(one_client(client, app, number, seed + number) for number in range(clients)))


def memory_of(app: str) -> float:
    """MB resident of the process that listens at `app`."""
    port = int(app.rsplit(":", 1)[1])
    for process in psutil.process_iter():
        try:
            if any(c.laddr.port == port and c.status == "LISTEN" for c in process.net_connections()):
                return process.memory_info().rss / 1e6
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    raise RuntimeError(f"nobody listens at {app}")


def rows() -> list[tuple[str, str, str, str]]:
    """Rows (what, measured, detail, target)."""
    with tempfile.TemporaryDirectory() as folder, running_app(log=Path(folder) / "app.log") as app:
        idle = memory_of(app)
        time.sleep(10)  # torch and the default model are being warmed up in the background
        asyncio.run(crowd(app, 1, 0))
        used = memory_of(app)
        rounds = [asyncio.run(crowd(app, CLIENTS, 1000 * n)) for n in range(1, ROUNDS + 1)]
    wrong = [told for runs in rounds for *_, told in runs if told]
    first = [sorted(seconds for seconds, _, _ in runs)[int(0.95 * CLIENTS)] for runs in rounds]
    total = [sorted(seconds for _, seconds, _ in runs) for runs in rounds]
    spread = [seconds[-1] / seconds[0] for seconds in total]
    slowest = [seconds[-1] for seconds in total]
    finished = f"{ROUNDS * CLIENTS - len(wrong)} {wrong[:1] or ''}"
    return [
        (f"{ROUNDS} × {CLIENTS} clients × {TOKENS} tokens, finished", finished, "–", str(ROUNDS * CLIENTS)),
        ("first token, p95", f"{median(first):.2f} s", f"worst {max(first):.2f} s", f"≤ {FIRST_TOKEN_LIMIT} s"),
        ("slowest client / fastest", f"{median(spread):.2f}×", f"worst {max(spread):.2f}×", f"≤ {SPREAD_LIMIT}×"),
        ("slowest client", f"{median(slowest):.2f} s", f"worst {max(slowest):.2f} s", "–"),
        ("memory, page just open", f"{idle:.0f} MB", "–", "stated"),
        ("memory, after one generation", f"{used:.0f} MB", "–", "stated"),
    ]


def main() -> None:
    print("| what | measured | detail | target |\n| --- | --- | --- | --- |")
    for row in rows():
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
