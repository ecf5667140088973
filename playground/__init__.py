"""The techniques, and the engine that runs them.

numpy's matrix products keep to one thread, as torch's do and for the same reasons (inference/device.py). numpy reads
this when it is first imported, so it is said here.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
