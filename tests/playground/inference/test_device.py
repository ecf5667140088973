"""The device: chosen once, with its dtype, threads and memory; nothing imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch

from playground.errors import ModelError
from playground.inference import device


@pytest.fixture(autouse=True)
def unchosen(monkeypatch):
    """As in a process that has not computed yet."""
    monkeypatch.setattr(device, "_chosen", None)
    monkeypatch.setattr(device, "_choice", "auto")
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)


def test_nothing_heavy_is_imported_until_a_model_is_loaded():
    program = (
        "import sys; from playground.inference import device, models, spaces; "
        "store = models.ModelStore(); store.cards(); store.card('tales').available_offline; device.memory_total(); "
        "print([name for name in ('torch', 'transformers', 'gradio', 'spaces') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_device_is_chosen_once():
    device.configure("cpu")
    assert device.device() == torch.device("cpu")
    device.configure("cpu")
    with pytest.raises(RuntimeError, match="already cpu"):
        device.configure("auto")


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="auto, cpu, cuda, mps; got 'tpu'"):
        device.configure("tpu")


def test_a_device_that_is_not_there_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    device.configure("cuda")
    with pytest.raises(ModelError) as raised:
        device.device()
    assert (raised.value.key, raised.value.values) == ("no_such_device", {"device": "cuda"})
    assert device.placement(embedded=True)[0] == "cpu"  # embedded models run all the same


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_best_there_is(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert device.device().type == chosen


@pytest.mark.parametrize("choice", device.CHOICES)
def test_on_zero_gpu_everything_stays_on_the_cpu(monkeypatch, choice):
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    device.configure(choice)
    assert device.device().type == "cpu"


@pytest.mark.parametrize(("native", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_half_precision_where_the_gpu_computes_it_natively_and_never_for_embedded_models(monkeypatch, native, dtype):
    monkeypatch.setattr(device, "_chosen", torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    assert device.placement(embedded=False) == (torch.device("cuda"), dtype)
    where, embedded = device.placement(embedded=True)
    assert (torch.device(where), embedded) == (torch.device("cpu"), torch.float32)


def test_the_cpu_computes_in_float32_on_a_constant_number_of_threads():
    device.configure("cpu")
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert device.placement(embedded=False) == (torch.device("cpu"), torch.float32)
        assert torch.get_num_threads() == device.THREADS
    finally:
        torch.set_num_threads(before)


def test_memory_is_within_what_the_machine_has():
    assert 0 < device.memory_total() <= psutil.virtual_memory().total


def control_groups(root: Path, files: dict[str, str], lines: str) -> list[int]:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "cgroup").write_text(lines)
    return device.container_limits(root / "cgroup", root)


def test_the_limits_of_all_control_groups_around_count(tmp_path):
    files = {"pod/memory.max": "8000\n", "pod/task/memory.max": "max\n", "pod/task/inner/memory.max": "9000\n"}
    assert sorted(control_groups(tmp_path, files, "0::/pod/task/inner\n")) == [8000, 9000]


def test_the_older_kind_of_control_group_counts_too(tmp_path):
    files = {
        "memory/pod/memory.limit_in_bytes": "8000\n",
        "memory/memory.limit_in_bytes": f"{2**63 - 4096}\n",  # its way of saying that there is none
    }
    assert control_groups(tmp_path, files, "5:cpu:/\n4:memory:/pod\n") == [8000]


def test_a_containers_limit_is_the_total_when_it_is_smaller(monkeypatch):
    monkeypatch.setattr(device, "container_limits", lambda: [10_000, 20_000])
    assert device.memory_total() == 10_000
