"""Word vectors from counts alone: what a model that has little time to learn may begin with."""

import torch
from torch import Tensor

WINDOW = 5  # tokens on either side that count as neighbours; one at distance d counts 1/d
SMOOTHING = 0.75  # of the neighbours' frequencies, as in word2vec


def word_vectors(stream: Tensor, vocabulary: int, width: int, special: int = 0) -> Tensor:
    """Unit vectors (V, width) such that words with like neighbours are alike; the first `special` tokens get none.

    The positive part of the pointwise mutual information of a word and its neighbours, log p(w, c) / p(w) p(c), cut to
    its largest singular vectors: what word2vec approximates (Levy & Goldberg 2014, "Neural word embedding as implicit
    matrix factorization"). stream: (N,) token ids.
    """
    tokens = stream.long()
    counts = torch.zeros(vocabulary * vocabulary)
    for apart in range(1, WINDOW + 1):
        pairs = tokens[:-apart] * vocabulary + tokens[apart:]
        counts += torch.bincount(pairs, minlength=vocabulary * vocabulary) / apart
    counts = counts.view(vocabulary, vocabulary)
    counts = counts + counts.T
    counts[:special] = counts[:, :special] = 0
    words = counts.sum(1, keepdim=True).clamp_min(1)
    neighbours = words.T**SMOOTHING
    ppmi = (counts / words / neighbours * neighbours.sum()).clamp_min(1).log()
    u, s, _ = torch.svd_lowrank(ppmi, q=min(width, vocabulary), niter=3)
    vectors = torch.nn.functional.pad(u * s.sqrt(), (0, width - len(s)))
    return torch.nn.functional.normalize(vectors, dim=1)
