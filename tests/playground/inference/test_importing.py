"""Libraries that make their modules when asked are asked by one thread at a time."""

from __future__ import annotations

import subprocess
import sys

AT_ONCE = """
import threading
from playground.images.denoiser import import_diffusers
from playground.inference.importing import imported
from playground.inference.reading import _class
asks = [import_diffusers, lambda: imported("playground.text.query_key"), lambda: _class({"model_type": "gpt2"}),
        lambda: imported("playground.text.attention"), lambda: _class({})]
gate, wrong = threading.Barrier(len(asks)), []
def ask(one):
    gate.wait()
    try: one()
    except Exception as error: wrong.append(repr(error))
threads = [threading.Thread(target=ask, args=(one,)) for one in asks]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(wrong)
"""


def test_all_that_import_transformers_and_diffusers_may_begin_at_once():
    run = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]", run.stdout
