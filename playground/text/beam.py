"""Beam search: the B best beginnings of a text grow side by side, and so do better than the one that greedy follows.

Greedy search takes the likeliest token and never looks back, though a less likely one may lead to a likelier text. Beam
search (Lowerre 1976) gives each of its B beams every token of the vocabulary and lets the B best of all these heirs go
on, by their sum of log-probabilities. Its rules are those of transformers' `generate(num_beams=B, do_sample=False)`,
token for token: how many candidates, which of those that end count, when to stop.

B beams, V tokens in the vocabulary, E of which end a text.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from playground.errors import RunError
from playground.inference.control import Control
from playground.inference.decoders import decoder_for
from playground.inference.kv_cache import Row
from playground.inference.prefill import Prompt, feed
from playground.text.beam_frames import penalised
from playground.text.prompts import introduce, read_prompt
from playground.text.settings import BeamSettings
from playground.text.tokens import Vocabulary, vocabulary_of


@dataclass(eq=False)
class Node:
    """A token on the tree of all that was tried; the way to it from the root is a text."""

    id: int
    parent: Node | None  # None: it is the first after the prompt
    token: int
    logprob: float  # ln p(token | all before it)
    score: float  # the sum of the logprobs on the way to it
    step: int  # on which it was tried, from 1: also the length of the text that ends with it
    rank: int  # among all B·V candidates of its step, from 1
    ended: bool  # the token is one that ends a text
    finished: bool = False  # a text that may be the result ends here
    kept: bool = False  # it is a beam, and goes on


@dataclass(eq=False)
class Beam:
    """A text that grows: where it stands on the tree, and its row of the key-value cache."""

    node: Node | None  # None: the prompt alone
    row: Row

    @property
    def score(self) -> float:
        return self.node.score if self.node else 0.0


class BeamSearch:
    """One search; `advance` is one step of it.

    prompt_ids      at least 1, and `length` fewer than the model's context
    eos_ids         tokens that end a text
    num_beams       B
    length          most tokens of a text; those that have not ended by then are cut, and count as they are
    length_penalty  α in the score of a text, Σ log p / lengthᵅ
    """

    def __init__(
        self,
        model: PreTrainedModel,
        prompt_ids: Sequence[int],
        eos_ids: Sequence[int],
        num_beams: int,
        length: int,
        length_penalty: float,
    ) -> None:
        self.eos_ids, self.num_beams, self.length, self.length_penalty = eos_ids, num_beams, length, length_penalty
        self.decode = decoder_for(model)
        self.prompt = Prompt(self.decode, list(prompt_ids))
        self.cache = self.prompt.cache
        self.beams = [Beam(None, self.prompt.row)]
        self.finished: list[Node] = []  # the ends of the B best whole texts so far, best first
        self.step, self.nodes, self.done = 0, 0, False

    @torch.inference_mode()
    def advance(self) -> list[Node]:
        """One unit of work: a chunk of the prompt, or one more token of every beam. Returns the nodes it adds."""
        if self.step:
            logits = self._next_logits()
        else:
            logits = self.prompt.read()
            if not self.prompt.done:
                return []
        if not logits.isfinite().all():
            raise RunError("not_finite")
        nodes = self.choose(logits)
        if not self.done:
            self._hand_over([node for node in nodes if node.kept])
        return nodes

    def choose(self, logits: Tensor) -> list[Node]:
        """Let the best heirs of the beams go on: logits (beams, V) of what follows each → the step's nodes, best first.

        Besides those that decide the step there are the best of every beam that has no heir among them.
        """
        self.step += 1
        B, E, last = self.num_beams, len(self.eos_ids), self.step == self.length
        logprobs = logits.log_softmax(-1)  # (beams, V)
        so_far = torch.tensor([beam.score for beam in self.beams], device=logits.device)  # (beams,)
        scores = so_far[:, None] + logprobs  # (beams, V)

        # each beam has only E heirs that end, so among so many candidates there are B that go on
        nodes = self._candidates(logprobs, scores, max(2, 1 + E) * B)
        going_on = [] if last else [node for node in nodes if not node.ended][:B]
        for node in going_on:
            node.kept = True
        for node in nodes[:B]:  # one that ends further down is dropped
            node.finished = last or node.ended
        finished = self.finished + [node for node in nodes[:B] if node.finished]
        self.finished = sorted(finished, key=self.penalised, reverse=True)[:B]

        # transformers' rule (early_stopping=False): the best beam is judged by its score now. A guess, for with α > 0 a
        # longer heir of it might still have overtaken the worst of B
        full = len(self.finished) == B
        self.done = not going_on or (full and self.penalised(going_on[0]) <= self.penalised(self.finished[-1]))
        return nodes + self._outdone(nodes, logprobs, scores)

    def penalised(self, node: Node) -> float:
        """The score of the text that ends with `node`."""
        return penalised(node.score, node.step, self.length_penalty)

    def _candidates(self, logprobs: Tensor, scores: Tensor, k: int) -> list[Node]:
        """The k best of all heirs, best first; logprobs and scores (beams, V)."""
        best = scores.flatten().topk(min(k, scores.numel())).indices  # (k,)
        return [self._node(index, rank, logprobs, scores) for rank, index in enumerate(best.tolist(), 1)]

    def _outdone(self, nodes: list[Node], logprobs: Tensor, scores: Tensor) -> list[Node]:
        """The best heir of each beam that has none among `nodes`: all that it could offer was not enough."""
        parents = {node.parent for node in nodes}
        outdone = []
        for i, beam in enumerate(self.beams):
            if beam.node not in parents:
                best = int(scores[i].argmax())
                rank = 1 + int((scores > scores[i, best]).sum())
                outdone.append(self._node(i * scores.shape[1] + best, rank, logprobs, scores))
        return outdone

    def _node(self, index: int, rank: int, logprobs: Tensor, scores: Tensor) -> Node:
        """The heir at `index` of (beams, V) read row by row."""
        i, token = divmod(index, scores.shape[1])
        logprob, score = float(logprobs[i, token]), float(scores[i, token])
        self.nodes += 1
        ended = token in self.eos_ids
        return Node(self.nodes - 1, self.beams[i].node, token, logprob, score, self.step, rank, ended)

    def _hand_over(self, going_on: list[Node]) -> None:
        """Give each its parent's keys and values: the first heir takes the row over, others get copies."""
        rows = {beam.node: beam.row for beam in self.beams}
        parents = {node.parent for node in going_on}
        free = [row for node, row in rows.items() if node not in parents]
        self.beams = []
        for node in going_on:
            row = rows[node.parent]
            if any(beam.row is row for beam in self.beams):
                row = self._copy(row, free)
            self.beams.append(Beam(node, row))
        for row in free:
            self.cache.remove(row)

    def _copy(self, source: Row, free: list[Row]) -> Row:
        """A row that holds what `source` holds: one that is free, or a new one."""
        if free:
            row = free.pop()
            self.cache.copy(source, row)
        else:
            row = Row()
            self.cache.add(row, source.length, source)
        return row

    def _next_logits(self) -> Tensor:
        """Feed every beam its newest token; logits (beams, V) of what follows."""
        for row in reversed(self.cache.rows):
            self.cache.make_room(row, row.length + 1)
        rows = self.cache.rows
        tokens = {beam.row: beam.node.token for beam in self.beams}
        logits = feed(self.decode, self.cache, rows, [[tokens[row]] for row in rows])  # in the order of the rows
        return logits[[rows.index(beam.row) for beam in self.beams]]


def beam_search(settings: BeamSettings, control: Control) -> Generator[dict[str, Any] | None, None, str | None]:
    """A frame a step, {"nodes"}: what grew on the tree. The first also has {"model", "prompt_tokens", "notices"}.

    Raises ModelError (no_such_token), RunError (not_finite).
    """
    loaded = control.models[settings.model]
    vocabulary = vocabulary_of(loaded)
    prompt = read_prompt(loaded, vocabulary, settings, room=settings.max_new_tokens)
    length = min(settings.max_new_tokens, loaded.context - len(prompt.ids))
    pieces = [vocabulary.piece(token).as_dict() for token in prompt.ids]
    yield {"model": introduce(loaded), "prompt_tokens": pieces, "notices": prompt.notices, "nodes": []}
    search = BeamSearch(loaded.model, prompt.ids, loaded.eos_ids, settings.num_beams, length, settings.length_penalty)
    while not search.done and control.reason is None:
        nodes = search.advance()
        yield {"nodes": [tell(node, vocabulary) for node in nodes]} if nodes else None
    return control.reason or ("length" if search.step == length else "eos")


def tell(node: Node, vocabulary: Vocabulary) -> dict[str, Any]:
    """A node as plain data, with its token's text."""
    piece = vocabulary.piece(node.token).as_dict()
    told = {
        "id": node.id,
        "parent": node.parent.id if node.parent else None,
        "token": piece.pop("id"),
        **piece,
        "logprob": node.logprob,
        "score": node.score,
        "step": node.step,
        "rank": node.rank,
        "kept": node.kept,
        "ended": node.ended,
        "finished": node.finished,
    }
    return told | {"special": True} if node.token in vocabulary.special else told
