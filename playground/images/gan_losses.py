"""The losses of a GAN, each as its paper has it: what D minimises, and what G minimises.

All take logits: D's numbers before any sigmoid, (B,) or (B, 1). E is the mean over the batch, σ the sigmoid.

    loss             D minimises                            G minimises              paper
    minimax          −E log σ(D(x)) − E log(1 − σ(D(G(z)))) E log(1 − σ(D(G(z))))    Goodfellow et al. 2014, eq. 1
    non_saturating   the same                               −E log σ(D(G(z)))        Goodfellow et al. 2014, section 3
    least_squares    ½ E (D(x) − 1)² + ½ E D(G(z))²         ½ E (D(G(z)) − 1)²       Mao et al. 2017, eq. 9
    hinge            E max(0, 1 − D(x)) + E max(0, 1 + D(G(z)))  −E D(G(z))          Lim & Ye 2017; Miyato et al. 2018
    relativistic     E softplus(−(D(x) − D(G(z))))          E softplus(D(x) − D(G(z)))  Jolicoeur-Martineau 2018 (RpGAN)

"D maximises V(D, G)" and "D minimises its loss" are one statement: for the first two the loss is −V.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

LOSSES = ("non_saturating", "minimax", "least_squares", "hinge", "relativistic")


def d_loss(name: str, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """What D minimises: a scalar. `relativistic` pairs real i with fake i, so both must have the same shape."""
    match name:
        case "minimax" | "non_saturating":  # −log σ(a) = softplus(−a) and −log(1 − σ(a)) = softplus(a)
            return softplus(-real_logits).mean() + softplus(fake_logits).mean()
        case "least_squares":
            return ((real_logits - 1).square().mean() + fake_logits.square().mean()) / 2
        case "hinge":
            return relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()
        case "relativistic":
            return softplus(fake_logits - real_logits).mean()
    raise ValueError(f"loss must be one of {', '.join(LOSSES)}; got {name!r}")


def g_loss(name: str, real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
    """What G minimises: a scalar. Only `relativistic` looks at the real ones."""
    match name:
        case "minimax":
            return -softplus(fake_logits).mean()
        case "non_saturating":
            return softplus(-fake_logits).mean()
        case "least_squares":
            return (fake_logits - 1).square().mean() / 2
        case "hinge":
            return -fake_logits.mean()
        case "relativistic":
            return softplus(real_logits - fake_logits).mean()
    raise ValueError(f"loss must be one of {', '.join(LOSSES)}; got {name!r}")


def squared_slopes(logits: Tensor, inputs: Tensor) -> Tensor:
    """‖∇ D(x)‖² of each input, (B,), that D can be trained on.

    The mean over real inputs is R1, over generated ones R2; what D minimises then is its loss + γ/2 of it (Mescheder
    et al. 2018, eq. 9; both together as in Huang et al. 2024, R3GAN). `inputs` (B, …) must require gradients, and
    `logits` (B,) or (B, 1) must come from them.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), inputs, create_graph=True)  # (B, …): D judges each input alone
    return gradient.square().flatten(1).sum(1)


def probability(name: str, logits: Tensor) -> Tensor:
    """D's answer as a number from 0 (made up) to 1 (real), same shape.

    It is a probability where D is trained with logarithms. Least squares teaches D to say 1 or 0 itself; for hinge
    and relativistic logits, of which only margins and differences matter, the sigmoid merely puts them between 0 and 1.
    """
    return logits.clamp(0, 1) if name == "least_squares" else logits.sigmoid()
