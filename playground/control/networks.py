"""A small network with its gradient by hand, and Adam: all that the agents with a network learn with.

In numpy, for networks as small as these an automatic gradient costs more than the numbers do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class MLP:
    """x → act(x W + b) → … → h W + b. `sizes` are the widths from input to output, act is tanh or relu.

    Its first weights are drawn from `rng`; without one they are 0, to be filled in.

    All parameters lie in one vector, `flat`, so that an optimizer need not know of layers; `layers` are views of it.
    """

    def __init__(
        self, sizes: Sequence[int], rng: np.random.Generator | None, gain: float = 1.0, act: str = "tanh"
    ) -> None:
        self.sizes, self.act = tuple(sizes), act
        self.flat = np.zeros(sum((fan_in + 1) * fan_out for fan_in, fan_out in self.shapes), dtype=np.float32)
        self.layers = self.views(self.flat)
        for n, (weight, _) in enumerate(self.layers if rng is not None else ()):
            last = n == len(self.layers) - 1
            weight[:] = orthogonal(weight.shape, rng) * (gain if last else np.sqrt(2))

    def __deepcopy__(self, memo: dict) -> MLP:
        twin = MLP(self.sizes, None, act=self.act)  # whose layers are views of a vector of its own
        twin.flat[:] = self.flat
        return twin

    @property
    def shapes(self) -> list[tuple[int, int]]:
        return list(zip(self.sizes[:-1], self.sizes[1:], strict=True))

    def views(self, flat: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """[(weight (in, out), bias (out,)), …] as views of a vector as long as `self.flat`."""
        layers, at = [], 0
        for fan_in, fan_out in self.shapes:
            weight = flat[at : at + fan_in * fan_out].reshape(fan_in, fan_out)
            bias = flat[at + fan_in * fan_out : at + (fan_in + 1) * fan_out]
            layers.append((weight, bias))
            at += (fan_in + 1) * fan_out
        return layers

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """(B, in) → (B, out)."""
        return self.forward(x)[-1]

    def forward(self, x: np.ndarray) -> list[np.ndarray]:
        """The input, the output of each hidden layer, and the output: [(B, in), (B, hidden), …, (B, out)]."""
        outputs = [x]
        for n, (weight, bias) in enumerate(self.layers):
            h = outputs[-1] @ weight
            h += bias
            if n < len(self.layers) - 1:
                h = np.tanh(h, out=h) if self.act == "tanh" else np.maximum(h, 0, out=h)
            outputs.append(h)
        return outputs

    def backward(self, outputs: list[np.ndarray], d_out: np.ndarray) -> np.ndarray:
        """The gradient of a loss as one vector like `flat`, given the loss's gradient at the output: (B, out)."""
        gradient = np.empty_like(self.flat)
        slots = self.views(gradient)
        for n in reversed(range(len(self.layers))):
            x, (d_weight, d_bias) = outputs[n], slots[n]
            np.matmul(x.T, d_out, out=d_weight)
            d_out.sum(0, out=d_bias)
            if n > 0:
                d_out = d_out @ self.layers[n][0].T
                d_out *= 1 - x * x if self.act == "tanh" else x > 0
        return gradient


def orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A matrix whose rows, or columns if they are fewer, are orthonormal (Saxe et al. 2014)."""
    q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    q *= np.sign(np.diag(r))
    return q if shape[0] >= shape[1] else q.T


class Adam:
    """Kingma & Ba 2015, algorithm 1, on one vector, with the gradient's length cut to `max_norm`."""

    def __init__(self, n: int, eps: float = 1e-5, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.eps, self.betas, self.t = eps, betas, 0
        self.m, self.v = np.zeros(n, dtype=np.float32), np.zeros(n, dtype=np.float32)

    def step(self, flat: np.ndarray, gradient: np.ndarray, lr: float, max_norm: float) -> None:
        gradient *= min(1.0, max_norm / (float(np.sqrt(gradient @ gradient)) + 1e-6))
        self.t += 1
        beta1, beta2 = self.betas
        self.m += (1 - beta1) * (gradient - self.m)
        self.v += (1 - beta2) * (gradient * gradient - self.v)
        v_hat = self.v / (1 - beta2**self.t)
        flat -= lr / (1 - beta1**self.t) * self.m / (np.sqrt(v_hat) + self.eps)


def softmax(logits: np.ndarray) -> np.ndarray:
    """(B, A) → (B, A), rows that sum to 1."""
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)
