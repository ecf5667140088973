"""The stages of a distribution by transformers' own processors: what the browser's are held to."""

from __future__ import annotations

import numpy as np
import torch
from transformers.generation import logits_process


def words_of(s: dict) -> list:
    """The penalties by counts, recomputed plainly, and the masks of `banned` and `allowed` ids, where there are any."""
    steps = []
    if s.get("presence_penalty") or s.get("frequency_penalty"):

        def counted(_: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            scores = scores.clone()
            for token, count in s["counts"].items():
                scores[0, int(token)] -= count * s.get("frequency_penalty", 0) + s.get("presence_penalty", 0)
            return scores

        steps.append(counted)
    masks = []
    if s.get("banned"):
        masks.append(logits_process.NoBadWordsLogitsProcessor([[token] for token in s["banned"]]))
    if s.get("allowed"):
        masks.append(logits_process.PrefixConstrainedLogitsProcessor(lambda *_: s["allowed"], 1))
    return [*steps, logits_process.LogitsProcessorList(masks)] if masks else steps


def warped(logits: torch.Tensor, seen: list[int], s: dict) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each stage by transformers' own processors: its probabilities, and which tokens it keeps."""
    steps = [
        lambda ids, scores: scores,
        logits_process.RepetitionPenaltyLogitsProcessor(penalty) if (penalty := s["repetition_penalty"]) != 1 else None,
        *words_of(s),
        logits_process.TemperatureLogitsWarper(s["temperature"]) if s["temperature"] != 1 else None,
        logits_process.TopKLogitsWarper(s["top_k"]) if s["top_k"] else None,
        logits_process.TopPLogitsWarper(s["top_p"]) if s["top_p"] < 1 else None,
        logits_process.MinPLogitsWarper(s["min_p"]) if s["min_p"] else None,
    ]
    scores, ids, stages = logits[None].clone(), torch.tensor([seen]), []
    for step in steps:
        scores = scores if step is None else step(ids, scores)
        stages.append((scores.double().softmax(-1)[0].numpy(), scores[0].isfinite().numpy()))
    return stages
