"""A policy out of a zip that Stable-Baselines3 saved.

A stranger's file: of the zip only policy.pth is read, never more of it than LARGEST bytes however far it would unpack,
and of policy.pth only plain tensors. What torch.load is given has been looked through first, because weights_only=True
keeps programs out, but not tensors that lie: a sparse one with an index beyond its shape, made dense, writes to memory
that is not its own. Anything else is refused with a sentence.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pickletools import genops
from typing import Any

import numpy as np

from playground import wire
from playground.checkpoints import CHECKPOINTS
from playground.control.networks import MLP
from playground.control.policies import ActorPolicy, Policy, QPolicy, arrays
from playground.control.settings import LARGEST_FILE, ImportSettings
from playground.control.stored import KIND
from playground.errors import SettingError
from playground.inference.control import Control
from playground.settings import Settings

LARGEST = 8 * 1024 * 1024  # bytes of policy.pth, and of what it unpacks to
FILES = 100  # entries of a zip, at most: SB3's has 6
HEADERS = 10 * FILES  # of entries, at most: reading tens of thousands takes a second
LONGEST_PICKLE = 10_000  # bytes: SB3's networks take one or two thousand
NAMED = re.compile(  # all that the pickle of a state_dict of plain tensors names
    r"torch\._utils _rebuild_(tensor_v2|parameter)|collections OrderedDict|torch (Float|Double|Half|BFloat16)Storage"
)
WIDEST, DEEPEST = 1024, 8  # units of a layer, layers
MOST_NUMBERS = 200_000  # that act and judge: a browser is given all of them, and hundreds of carts ask them at once


def import_policy(settings: ImportSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The only frame: {"checkpoint": its id, for replay and all the rest, "expires", "algorithm", "layers": widths of
    the network that acts}. Raises SettingError."""
    file = wire.decode(settings.file, field="file", max_bytes=LARGEST_FILE).tobytes()
    content = entry(file, "policy.pth")
    yield None
    checked = looked_through(content)
    yield None
    policy = policy_from_tensors(tensors_of(checked), settings.activation)
    yield None
    network = policy.q if isinstance(policy, QPolicy) else policy.actor
    algorithm = "dqn" if isinstance(policy, QPolicy) else "ppo"
    state = {"policy": arrays(policy), "algorithm": algorithm, "update": None, "agent": None}
    kept = CHECKPOINTS.keep(KIND, Settings(), [], 0, state, began=settings)  # the file itself is not kept
    layers = list(network.sizes)
    yield {"checkpoint": kept["id"], "expires": kept["expires"], "algorithm": algorithm, "layers": layers}


def policy_from_zip(file: bytes, activation: str) -> Policy:
    """Raises SettingError."""
    return policy_from_tensors(tensors_of(looked_through(entry(file, "policy.pth"))), activation)


def refuse(reason: str) -> SettingError:
    return SettingError("not_sb3", field="file", reason=reason)


def entry(file: bytes, name: str) -> bytes:
    """One entry of a zip, unpacked. What the zip says of its sizes is not believed."""
    if file.count(b"PK\1\2") > HEADERS:
        raise refuse(f"it has more than {FILES} entries")
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            if len(archive.infolist()) > FILES:
                raise refuse(f"it has more than {FILES} entries")
            if name not in archive.namelist():
                raise refuse(f"there is no {name} in it")
            if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise refuse(f"{name} is packed in a way that Python's zipfile does not use by itself")
            with archive.open(name) as unpacking:
                content = unpacking.read(LARGEST + 1)
    except SettingError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise refuse("it is not a zip, or a damaged one") from None
    if len(content) > LARGEST:
        raise refuse(f"{name} unpacks to more than {LARGEST} bytes")
    return content


def looked_through(content: bytes) -> bytes:
    """policy.pth, a zip again in torch's own format, written anew with what this read in it: torch looks for a zip's
    entries in other ways, and is to find no others. Its pickle names tensors and nothing else."""
    if content.count(b"PK\1\2") > HEADERS:
        raise refuse(f"policy.pth unpacks to more than {LARGEST} bytes")
    plain = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(plain, "w") as copy:
            inside = archive.infolist()
            if len(inside) > FILES or sum(part.file_size for part in inside) > LARGEST:
                raise refuse(f"policy.pth unpacks to more than {LARGEST} bytes")
            if any(part.compress_type != zipfile.ZIP_STORED for part in inside):
                raise refuse("policy.pth was not written by torch")
            for part in inside:
                copy.writestr(part.filename, archive.read(part))
            pickles = [archive.read(part) for part in inside if part.filename.endswith("data.pkl")]
    except SettingError:
        raise
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise refuse("policy.pth is not a file of torch's current format") from None
    if len(pickles) != 1 or len(pickles[0]) > LONGEST_PICKLE:
        raise refuse("policy.pth is not a policy's parameters")
    if not all(NAMED.fullmatch(name) for name in names_in(pickles[0])):
        raise refuse("policy.pth holds more than plain tensors")
    return plain.getvalue()


def names_in(pickled: bytes) -> list[str]:
    """What a pickle would look up, as "module name"; "" for a name that it puts together while it is read."""
    try:
        found = [(code.name, argument) for code, argument, _ in genops(pickled)]
    except Exception:  # whichever of struct, unicode or opcode it is damaged in
        raise refuse("policy.pth is damaged") from None
    looked_up = ("GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4")
    return [argument if code == "GLOBAL" else "" for code, argument in found if code in looked_up]


def tensors_of(content: bytes) -> dict[str, np.ndarray]:
    """The tensors of a state_dict that torch saved, as float32 arrays. `content` has been looked through."""
    import torch

    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception:
        raise refuse("policy.pth holds more than tensors, or is damaged") from None
    if not isinstance(state, Mapping) or len(state) > FILES:
        raise refuse("policy.pth is not a policy's parameters")
    named = {name: value for name, value in state.items() if isinstance(name, str) and isinstance(value, torch.Tensor)}
    if any(value.layout != torch.strided or value.device.type != "cpu" for value in named.values()):
        raise refuse("policy.pth holds more than plain tensors")
    if sum(value.numel() for value in named.values()) > LARGEST // 4:  # a tensor may claim more than its bytes hold
        raise refuse("its networks are too large")
    return {name: value.detach().float().numpy() for name, value in named.items()}


def policy_from_tensors(named: Mapping[str, np.ndarray], activation: str) -> Policy:
    """The networks of an ActorCriticPolicy (PPO, A2C) or of a DQNPolicy."""
    policy = networks_of(named, activation)
    if sum(array.size for array in arrays(policy).values()) > MOST_NUMBERS:
        raise refuse(f"its networks are too large: they have more than {MOST_NUMBERS} numbers")
    return policy


def networks_of(named: Mapping[str, np.ndarray], activation: str) -> Policy:
    if any(name.startswith("q_net.q_net.") for name in named):
        return QPolicy(network(layers(named, "q_net.q_net"), 2, activation))
    actor = network([*layers(named, "mlp_extractor.policy_net"), *layers(named, "action_net")], 2, activation)
    critic = network([*layers(named, "mlp_extractor.value_net"), *layers(named, "value_net")], 1, activation)
    return ActorPolicy(actor, critic)


def layers(named: Mapping[str, np.ndarray], prefix: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """[(weight (out, in), bias (out,)), …] whose names are PREFIX.N.weight in the order of N, or PREFIX.weight."""
    pattern = re.compile(rf"{re.escape(prefix)}(?:\.(\d{{1,3}}))?\.weight")
    found = {int(match[1] or 0): name for name in named if (match := pattern.fullmatch(name))}
    weights = [found[n] for n in sorted(found)]
    biases = [name.removesuffix("weight") + "bias" for name in weights]
    if any(bias not in named for bias in biases):
        raise refuse("a layer has no bias")
    return [(named[weight], named[bias]) for weight, bias in zip(weights, biases, strict=True)]


def network(layers: list[tuple[np.ndarray, np.ndarray]], out: int, activation: str) -> MLP:
    if not 1 <= len(layers) <= DEEPEST:
        raise refuse("it has not the layers of an MlpPolicy of PPO, A2C or DQN")
    sizes, at = [4], 4
    for weight, bias in layers:
        if weight.ndim != 2 or bias.shape != weight.shape[:1] or weight.shape[1] != at or not 1 <= len(bias) <= WIDEST:
            raise refuse("its layers do not fit together, or not CartPole's 4 observations")
        at = len(bias)
        sizes.append(at)
    if at != out:
        raise refuse("it has not CartPole's 2 actions")
    if not all(np.isfinite(weight).all() and np.isfinite(bias).all() for weight, bias in layers):
        raise refuse("a parameter is NaN or infinite")
    made = MLP(sizes, None, act=activation)
    for (weight, bias), (given_weight, given_bias) in zip(made.layers, layers, strict=True):
        weight[:], bias[:] = given_weight.T, given_bias
    return made
