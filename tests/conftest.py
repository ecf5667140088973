"""What tests of several rooms share: the real app, run as a person runs it, in a process of its own on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[1]
START_LIMIT = 90.0  # seconds; a shared machine can be slow


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests go last: Playwright leaves its event loop running in this thread until the session ends, and
    until then no other test here could run one."""
    items.sort(key=lambda item: ROOT / "tests" / "browser" in item.path.parents)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running_app(*options: str, log: Path, command: tuple[str, ...] = ("app.py",)) -> Iterator[str]:
    """`python app.py --offline OPTIONS` until the block ends; its address. Its output is in `log`, and the cache where
    it keeps what was fetched, beside that: nothing that this person has fetched is there."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    run = [sys.executable, *command, "--offline", "--port", str(port), *options]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "XDG_CACHE_HOME": str(log.parent / "cache")}
    with log.open("w") as output:
        process = subprocess.Popen(run, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment)
        try:
            wait_for(address, process, log)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    """Until `address` answers; raises with the process's own words when it ends or takes too long."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/healthz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"the app did not answer at {address}:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one app that the whole session shares. Whatever it was asked, it must not have stumbled."""
    log = tmp_path_factory.mktemp("app") / "app.log"
    with running_app(log=log) as address:
        yield address
    assert "Traceback" not in log.read_text(), log.read_text()[-4000:]


@pytest.fixture
def start_app(tmp_path: Path) -> Callable:
    """`with start_app("--auth", "a:b") as address:` an app with options of its own."""
    return lambda *options: running_app(*options, log=tmp_path / "app.log")
