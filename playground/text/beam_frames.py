"""What a beam search tells, and how its pieces make a whole. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.errors import notice
from playground.text.settings import BeamSettings

SECONDS = 120  # of its own time on the device

Node = dict[str, Any]  # a token of the tree: {"id", "parent", "token", "text", "logprob", "score", "step", "rank", …}


def penalised(score: float, length: int, length_penalty: float) -> float:
    """Σ log p / lengthᵅ: what texts of different length are compared by (after Wu et al. 2016, section 7).

    score ≤ 0 is the sum of log-probabilities. α = 0 compares the sums, which favours short texts; α = 1 the means; a
    larger α favours long ones.
    """
    return score / length**length_penalty


def merge(frames: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several frames as one: all their nodes in the order in which they grew."""
    whole: dict[str, Any] = {}
    for frame in frames:
        whole |= frame
    return whole | {"nodes": [node for frame in frames for node in frame["nodes"]]}


def conclude(settings: BeamSettings, frames: Sequence[dict[str, Any]], reason: str) -> dict[str, Any]:
    """The last frame: the whole tree with its best path marked, and the texts it found, best first.

    {"sequences": [{"tokens", "text", "score", "sum_logprob", "finished", "node"}], "tree": [node], "notices", …}
    """
    whole = merge(frames) if frames else {"nodes": [], "notices": []}
    tree = {node["id"]: node for node in whole.pop("nodes")}
    tips = hypotheses(list(tree.values()), settings)
    sequences = [_sequence(path_to(tip, tree), settings) for tip in tips]
    best = {node["id"] for node in path_to(tips[0], tree)} if tips else set()
    if reason == "time":
        whole["notices"] = [*whole["notices"], notice("time_limit", seconds=SECONDS)]
    return whole | {"sequences": sequences, "tree": [node | {"best": node["id"] in best} for node in tree.values()]}


def hypotheses(tree: Sequence[Node], settings: BeamSettings) -> list[Node]:
    """The last nodes of the num_beams best texts of a tree, best first.

    A search that was stopped has beams under way: they count as they are, as they would have at max_new_tokens. (Of one
    that came to its end none can count: its rule to stop is that no beam scores more than the worst of the best.)
    """
    step = tree[-1]["step"] if tree else 0
    tips = [node for node in tree if node["finished"] or (node["kept"] and node["step"] == step)]
    tips.sort(key=lambda node: penalised(node["score"], node["step"], settings.length_penalty), reverse=True)
    return tips[: settings.num_beams]


def path_to(tip: Node, tree: dict[int, Node]) -> list[Node]:
    """The nodes from the root to `tip`."""
    path = [tip]
    while (parent := path[-1]["parent"]) is not None:
        path.append(tree[parent])
    return path[::-1]


def _sequence(path: Sequence[Node], settings: BeamSettings) -> dict[str, Any]:
    tip = path[-1]
    tokens = [{"id": node["token"]} | {k: node[k] for k in ("text", "bytes", "logprob") if k in node} for node in path]
    return {
        "tokens": tokens,
        "text": b"".join(map(_bytes_of, path)).decode("utf-8", "ignore"),
        "score": penalised(tip["score"], tip["step"], settings.length_penalty),
        "sum_logprob": tip["score"],
        "finished": tip["ended"],
        "node": tip["id"],
    }


def _bytes_of(node: Node) -> bytes:
    """What a node adds to the text; special tokens add nothing."""
    if node.get("special"):
        return b""
    return bytes.fromhex(node["bytes"]) if "bytes" in node else node["text"].encode()
