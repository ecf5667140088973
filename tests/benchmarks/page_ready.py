"""How long from starting the process to the page's first answer, against an empty Gradio app; and RAM at rest.

    python -m tests.benchmarks.page_ready [rounds]

Both are started in turn, as a person starts them, and asked for `/` until it answers 200. Before the first round each
is started once unmeasured, so that neither pays for cold files. RAM is resident memory of the process when it answers
and, for the app, again when the warm-up has loaded torch and the default models.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
EMPTY = """
import gradio as gr, sys
with gr.Blocks() as demo:
    pass
demo.launch(server_port=int(sys.argv[-1]), quiet=True)
"""
WARM = 60.0  # seconds at most until the app's warm-up is over
GOAL = 1.3


def start(command: Sequence[str], warm: bool = False) -> tuple[float, int, int]:
    """(seconds to the first 200 of `/`, bytes resident then, and after the warm-up when `warm`)."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    environment = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command, port], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        seconds = until_answer(f"http://127.0.0.1:{port}/", process, begun)
        at_once = resident(process.pid)
        return seconds, at_once, settled(process.pid) if warm else at_once
    finally:
        process.terminate()
        process.wait()


def until_answer(address: str, process: subprocess.Popen, begun: float) -> float:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                if answer.status == 200:
                    return time.perf_counter() - begun
        except urllib.error.URLError:
            time.sleep(0.01)
    raise RuntimeError(f"it ended with {process.returncode} before it answered")


def resident(pid: int) -> int:
    """Resident bytes of a process; 0 where there is no /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def settled(pid: int) -> int:
    """Resident bytes once they have not grown by a MB for three seconds."""
    last, quiet, end = resident(pid), time.monotonic(), time.monotonic() + WARM
    while time.monotonic() < min(end, quiet + 3):
        time.sleep(0.25)
        now = resident(pid)
        if now > last + 1_000_000:
            last, quiet = now, time.monotonic()
    return resident(pid)


def main(rounds: int = 5) -> dict[str, float]:
    app, empty = ["app.py", "--offline", "--port"], ["-c", EMPTY]
    start(empty), start(app)
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(start(empty))
        ours.append(start(app))
    at_rest = start(app, warm=True)[2]
    seconds, peer = (statistics.median(run[0] for run in runs) for runs in (ours, theirs))
    memory, peer_memory = (statistics.median(run[1] for run in runs) / 1e6 for runs in (ours, theirs))
    print("| what | app | empty gr.Blocks | ratio | goal |\n| --- | --- | --- | --- | --- |")
    print(f"| page ready, median of {rounds} | {seconds:.2f} s | {peer:.2f} s | {seconds / peer:.2f} | ≤ {GOAL} |")
    print(f"| RAM when it answers | {memory:.0f} MB | {peer_memory:.0f} MB | {memory / peer_memory:.2f} | – |")
    print(f"| RAM of the idle app, torch and models warm | {at_rest / 1e6:.0f} MB | – | – | – |")
    return {"seconds": seconds, "peer": peer, "ratio": seconds / peer}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
