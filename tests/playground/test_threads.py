"""numpy computes on one thread, as torch does: OpenBLAS is told before it is loaded."""

import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
os.environ.pop("OPENBLAS_NUM_THREADS", None)
os.environ.pop("OMP_NUM_THREADS", None)
import app
import numpy as np
a = np.ones((1500, 1500), dtype=np.float32)
for _ in range(3):
    a @ a
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_a_large_product_starts_no_threads():
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "1", ran.stdout + ran.stderr
