"""Two people may be the first to need diffusers at the same moment: in a process of its own, which has not yet."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import threading
from concurrent.futures import ThreadPoolExecutor
from playground.images.denoiser import import_diffusers, load

ready = threading.Barrier(3)

def first(job):
    ready.wait()
    return job()

with ThreadPoolExecutor(3) as threads:
    for done in [threads.submit(first, job) for job in (import_diffusers, load, import_diffusers)]:
        done.result()
from diffusers import FlowMatchEulerDiscreteScheduler
print("imported")
"""


def test_diffusers_is_imported_whole_whoever_asks_first():
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=100)
    assert said.stdout == "imported\n", said.stderr[-2000:]
