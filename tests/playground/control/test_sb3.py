"""Policies to Stable-Baselines3 and from it; files of strangers are refused with a sentence.

The layout is SB3's own: tests/benchmarks/cartpole.py drops in a policy that SB3 trained, and runs the exported script.
"""

import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from playground import wire
from playground.checkpoints import CHECKPOINTS
from playground.control.exports import export_policy, to_sb3
from playground.control.sb3 import LARGEST, import_policy, policy_from_zip
from playground.control.settings import ImportSettings, PolicySettings
from playground.control.stored import stored
from playground.errors import SettingError
from playground.inference.control import Control

OBS = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)


def saved(state) -> bytes:
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def older(state) -> bytes:
    """In torch's format from before it was a zip."""
    file = io.BytesIO()
    torch.save(state, file, _use_new_zipfile_serialization=False)
    return file.getvalue()


def zipped(content: bytes, name: str = "policy.pth", **options) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        archive.writestr("data", "{}")
        archive.writestr(name, content)
    return file.getvalue()


def of_torch(policy):
    return {name: torch.tensor(array) for name, array in load(to_sb3(policy)[0]).items()}


@pytest.mark.parametrize("name", ["ppo", "dqn"])
def test_there_and_back_it_is_the_same_policy(name):
    policy = stored(name).policy
    file = zipped(saved(of_torch(policy)))
    activation = "relu" if name == "dqn" and policy.q.act == "relu" else "tanh"
    back = policy_from_zip(file, activation)
    np.testing.assert_allclose(back.scores(OBS), policy.scores(OBS), atol=1e-6)
    np.testing.assert_allclose(back.values(OBS), policy.values(OBS), atol=1e-5)


def test_the_layers_are_where_torchs_sequential_has_them():
    policy = stored("ppo").policy
    state = of_torch(policy)
    assert set(state) == {
        f"{layer}.{part}"
        for layer in ("mlp_extractor.policy_net.0", "mlp_extractor.value_net.0", "action_net", "value_net")
        for part in ("weight", "bias")
    }
    hidden = torch.tanh(
        torch.nn.functional.linear(
            torch.tensor(OBS), state["mlp_extractor.policy_net.0.weight"], state["mlp_extractor.policy_net.0.bias"]
        )
    )
    logits = torch.nn.functional.linear(hidden, state["action_net.weight"], state["action_net.bias"])
    np.testing.assert_allclose(logits.softmax(1), policy.scores(OBS), atol=1e-6)


@pytest.mark.parametrize("name", ["ppo", "reinforce", "dqn"])
def test_the_script_is_a_program_for_its_policy(name):
    file, script = to_sb3(stored(name).policy)
    compile(script, "script", "exec")
    assert ("DQN(" if name == "dqn" else "PPO(") in script and len(load(file)) >= 4


def test_an_export_is_the_file_and_the_script():
    settings = PolicySettings(checkpoint="ppo")
    [told] = export_policy(settings, Control(settings))
    file, script = to_sb3(stored("ppo").policy)
    assert wire.decode(told["file"]).tobytes() == file and told["script"] == script


@pytest.mark.parametrize("name", ["q_learning", "random"])
def test_what_is_no_network_is_not_exported(name):
    with pytest.raises(SettingError, match="no network"):
        to_sb3(stored(name).policy)


def test_a_dropped_file_can_be_replayed_by_its_id():
    file = np.frombuffer(zipped(saved(of_torch(stored("ppo").policy))), np.uint8)
    settings = ImportSettings(file=wire.encode(file))
    told = [frame for frame in import_policy(settings, Control(settings)) if frame][-1]
    assert (told["algorithm"], told["layers"]) == ("ppo", [4, 64, 2])
    np.testing.assert_allclose(
        stored(told["checkpoint"]).policy.scores(OBS), stored("ppo").policy.scores(OBS), atol=1e-6
    )


def test_the_file_itself_is_not_kept_with_what_was_in_it():
    file = np.frombuffer(zipped(saved(of_torch(stored("ppo").policy))), np.uint8)
    settings = ImportSettings(file=wire.encode(file))
    told = [frame for frame in import_policy(settings, Control(settings)) if frame][-1]
    kept = CHECKPOINTS.get(told["checkpoint"], "cartpole")
    assert kept.settings.as_dict() == {} and kept.settings.fingerprint() != settings.fingerprint()
    other = ImportSettings(file=settings.file, activation="relu")
    again = [frame for frame in import_policy(other, Control(other)) if frame][-1]
    assert again["checkpoint"] != told["checkpoint"]


# ---------------------------------------------------------------- strangers' files


class Runs:
    """What pickle would run."""

    def __reduce__(self):
        return exec, ("raise SystemExit('it ran')",)


def lying_about_its_size() -> bytes:
    """A zip whose directory says that policy.pth has 10 bytes; it unpacks to ten times what is allowed."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(bytes(10 * LARGEST)) + packed.flush()
    name, sizes = b"policy.pth", struct.pack("<LLL", 0, len(data), 10)
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", len(name), 0) + name
    central = b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
    central += struct.pack("<HHHHHLL", len(name), 0, 0, 0, 0, 0, 0) + name
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(central), len(local + data), 0)
    return local + data + central + end


def of_many_entries(count: int) -> bytes:
    """A zip that is nothing but its directory: `count` empty entries."""
    one = b"PK\1\2" + struct.pack("<HHHHHHLLLHHHHHLL", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    stated = count & 0xFFFF
    return one * count + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, stated, stated, len(one) * count, 0, 0)


GOOD = {
    f"{layer}.{part}": torch.zeros(shape if part == "weight" else shape[:1])
    for layer, shape in {
        "mlp_extractor.policy_net.0": (8, 4), "action_net": (2, 8),
        "mlp_extractor.value_net.0": (8, 4), "value_net": (1, 8),
    }.items()
    for part in ("weight", "bias")
}  # fmt: skip
BEYOND = torch.sparse_coo_tensor(torch.full((2, 1), 10**6), torch.ones(1), (2, 8), check_invariants=False)
WIDE = {
    f"q_net.q_net.{n}.{part}": torch.zeros(shape if part == "weight" else shape[:1])
    for n, shape in {0: (512, 4), 2: (512, 512), 4: (2, 512)}.items()
    for part in ("weight", "bias")
}
HUGE = torch.zeros(1).expand(2**20, 2**10)  # four bytes that say they are a thousand million numbers
BAD = {
    "empty": (b"", "not a zip"),
    "no zip": (b"PK\3\4" + bytes(100), "not a zip"),
    "another zip": (zipped(b"x", "model.txt"), "no policy.pth"),
    "a bomb": (zipped(bytes(10 * LARGEST), compression=zipfile.ZIP_DEFLATED), "unpacks to more"),
    "a bomb that lies": (lying_about_its_size(), "damaged"),
    "a bomb inside": (
        zipped(zipped(bytes(10 * LARGEST), "policy/data.pkl", compression=zipfile.ZIP_DEFLATED)), "unpacks to more",
    ),
    "squeezed inside": (zipped(zipped(b"x" * 9999, compression=zipfile.ZIP_DEFLATED)), "not written by torch"),
    "no torch": (zipped(b"\x80\x04K\x01."), "current format"),
    "tens of thousands of entries": (of_many_entries(80_000), "more than 100 entries"),
    "tens of thousands inside": (
        zipped(of_many_entries(150_000), compression=zipfile.ZIP_DEFLATED), "unpacks to more than",
    ),
    "lzma": (zipped(saved({}), compression=zipfile.ZIP_LZMA), "does not use by itself"),
    "an index beyond its shape": (zipped(saved(GOOD | {"action_net.weight": BEYOND})), "more than plain"),
    "csr": (zipped(saved(GOOD | {"action_net.weight": torch.eye(2).to_sparse_csr()})), "more than plain"),
    "a long pickle": (zipped(saved(GOOD | {"x" * 10_000: torch.zeros(1)})), "not a policy's"),
    "two formats at once": (zipped(older({"a": Runs()}) + saved({"a": torch.zeros(1)})), "MlpPolicy"),
    "a program": (zipped(saved({"action_net.weight": Runs()})), "more than plain tensors"),
    "a list": (zipped(saved([1, 2])), "not a policy's"),
    "no layers": (zipped(saved({})), "MlpPolicy"),
    "pixels": (zipped(saved(GOOD | {"mlp_extractor.policy_net.0.weight": torch.zeros(8, 5)})), "fit together"),
    "three actions": (
        zipped(saved(GOOD | {"action_net.weight": torch.zeros(3, 8), "action_net.bias": torch.zeros(3)})), "2 actions",
    ),
    "no bias": (zipped(saved({name: value for name, value in GOOD.items() if name != "action_net.bias"})), "no bias"),
    "NaN": (zipped(saved(GOOD | {"action_net.bias": torch.tensor([0.0, float("nan")])})), "NaN"),
    "a vector": (zipped(saved(GOOD | {"action_net.weight": torch.zeros(8)})), "fit together"),
    "huge": (zipped(saved(GOOD | {"action_net.weight": HUGE})), "too large"),
    "wide": (zipped(saved(WIDE)), "too large"),
    "too many": (zipped(saved({str(n): torch.zeros(1) for n in range(101)})), "unpacks to more"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_strangers_file_is_refused_with_a_sentence(kind):
    file, said = BAD[kind]
    with pytest.raises(SettingError, match=said):
        policy_from_zip(file, "tanh")


def test_the_good_one_that_the_bad_ones_were_made_of_is_taken():
    assert policy_from_zip(zipped(saved(GOOD)), "relu").actor.act == "relu"


@pytest.mark.parametrize("asked", [{}, {"file": "zip"}, {"file": wire.encode(np.zeros(3))}, {"activation": "gelu"}])
def test_settings_that_cannot_be_meant_are_refused(asked):
    with pytest.raises(SettingError):
        ImportSettings(**({"file": wire.encode(np.zeros(3, np.uint8))} | asked if "activation" in asked else asked))
