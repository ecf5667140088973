"""One training step of a GAN in slow motion: D's step, then G's, phase by phase as the textbook lists them.

The networks are copies: nothing that is looked at changes. The batch is small, so that all of it is on screen and every
mean can be checked by hand.

B images, Z numbers of noise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from playground import wire
from playground.images.gan_data import real_images
from playground.images.gan_losses import d_loss, g_loss, probability
from playground.images.gan_players import Batch, Players, as_images, draw_batch, penalty
from playground.images.gan_settings import STEERABLE, GanSettings, SlowMotionSettings
from playground.images.gan_start import checkpoint_of
from playground.inference.aside import optimizers_imported
from playground.inference.control import Control

Phase = dict[str, Any]


def slow_motion(settings: SlowMotionSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {"step", "settings", "phases": [{"player": "d" | "g", "name", "numbers": {name: number}, …}]}.

    name           numbers                                    and
    sample_noise   count, latent_size, mean, deviation        noise: wire float32 (B, Z)
    generate                                                  images: what G makes of it, wire uint8 (B, 28, 28)
    score_real     mean                                       images, scores (B,) from 0 to 1, logits (B,)
    score_fake     mean                                       the same of G's images
    loss           loss, and D's penalty if r1 or r2 is set
    backpropagate  norm: of the gradient of all weights       images and gradient: wire float32 (B, 28, 28)
    update         learning_rate, change: of the weights as   scores as before and after, of what the player wants to
                   part of their norm, before, after: means   change; of G also the images after

    The gradient of D is ∂D/∂x, where D looks: on real images and on G's, one after the other (2B). That of G is
    −∂L/∂x, how each pixel of its images should change. `before` and `after` of D are D(x) − D(G(z)).
    """
    yield from optimizers_imported()
    now, players = networks(settings)
    images, labels = yield from real_images(now)
    batch = draw_batch(players, now, images, labels)
    yield None
    fake = players.g(batch.z, batch.y)  # (B, 1, 28, 28)
    phases = [sampling("d", batch), generating("d", fake)]
    yield None
    phases += d_phases(players, now, batch, fake)
    yield None
    phases += [sampling("g", batch), generating("g", fake)]
    phases += g_phases(players, now, batch, fake)
    yield {"step": players.step, "settings": now.as_dict(), "phases": phases}


def networks(settings: SlowMotionSettings) -> tuple[GanSettings, Players]:
    """Copies of a checkpoint's networks, or new ones; what may change in a run is as `settings` say."""
    there = checkpoint_of(name) if (name := settings.checkpoint or settings.start) else None
    base = there.settings if there else GanSettings.of(settings.as_dict())
    live = {field: getattr(settings, field) for field in STEERABLE} | {"batch_size": settings.examples}
    now = replace(base, **live)
    return now, Players(now, there.state if there else None)


def sampling(player: str, batch: Batch) -> Phase:
    """The noise; G's step takes that of D's."""
    numbers = {"count": len(batch.z), "latent_size": batch.z.shape[1]}
    numbers |= {"mean": batch.z.mean().item(), "deviation": batch.z.std().item()}
    return {"player": player, "name": "sample_noise", "numbers": numbers, "noise": wire.encode(batch.z.numpy())}


def generating(player: str, fake: Tensor) -> Phase:
    return {"player": player, "name": "generate", "numbers": {}, "images": picture(fake)}


def scoring(player: str, of: str, settings: GanSettings, x: Tensor, logits: Tensor) -> Phase:
    scores = probability(settings.loss, logits.detach())
    told = {"images": picture(x), "scores": scores.tolist(), "logits": logits.tolist()}
    return {"player": player, "name": f"score_{of}", "numbers": {"mean": scores.mean().item()}, **told}


def d_phases(players: Players, settings: GanSettings, batch: Batch, fake: Tensor) -> list[Phase]:
    """D scores, errs, learns: from score_real to update."""
    d, y = players.d.train(), batch.y
    both = torch.cat([batch.real, fake.detach()]).requires_grad_()  # (2B, 1, 28, 28)
    logits = d(both, None if y is None else torch.cat([y, y]))
    real_logits, fake_logits = logits.chunk(2)
    phases = [
        scoring("d", "real", settings, batch.real, real_logits),
        scoring("d", "fake", settings, fake, fake_logits),
    ]
    loss = d_loss(settings.loss, real_logits, fake_logits)
    paid = {"loss": loss}
    if settings.r1 > 0 or settings.r2 > 0:
        paid["penalty"] = penalty(settings, logits, both)
    phases.append({"player": "d", "name": "loss", "numbers": {name: part.item() for name, part in paid.items()}})
    (looks,) = torch.autograd.grad(logits.sum(), both, retain_graph=True)  # ∂D/∂x
    players.d_optimizer.zero_grad()
    sum(paid.values()).backward()
    phases.append(backpropagating("d", d, both, looks))
    before = (real_logits - fake_logits).mean().item()
    change = moved(d, players.d_optimizer)
    d.eval()
    with torch.no_grad():
        real_after, fake_after = d(batch.real, y), d(fake, y)
    after = (real_after - fake_after).mean().item()
    scores = [probability(settings.loss, logits.detach()).tolist() for logits in (real_logits, fake_logits)]
    told = {"before": before, "after": after, "change": change, "learning_rate": settings.learning_rate_d}
    later = [probability(settings.loss, logits).tolist() for logits in (real_after, fake_after)]
    return [*phases, {"player": "d", "name": "update", "numbers": told, "scores": scores, "scores_after": later}]


def g_phases(players: Players, settings: GanSettings, batch: Batch, fake: Tensor) -> list[Phase]:
    """D, which has just learned, scores G's images anew; G learns from that."""
    d, g, y = players.d.eval(), players.g, batch.y
    fake.retain_grad()
    with torch.no_grad():
        real_logits = d(batch.real, y)
    fake_logits = d(fake, y)
    phases = [scoring("g", "fake", settings, fake, fake_logits)]
    loss = g_loss(settings.loss, real_logits, fake_logits)
    phases.append({"player": "g", "name": "loss", "numbers": {"loss": loss.item()}})
    players.g_optimizer.zero_grad()
    loss.backward()
    phases.append(backpropagating("g", g, fake, -fake.grad))
    change = moved(g, players.g_optimizer)
    with torch.no_grad():
        better = g(batch.z, y)
        logits_after = d(better, y)
    scores, after = (probability(settings.loss, logits.detach()) for logits in (fake_logits, logits_after))
    told = {"before": scores.mean().item(), "after": after.mean().item(), "change": change}
    told["learning_rate"] = settings.learning_rate_g
    update = {"player": "g", "name": "update", "numbers": told, "images": picture(better)}
    return [*phases, update | {"scores": scores.tolist(), "scores_after": after.tolist()}]


def backpropagating(player: str, network: nn.Module, x: Tensor, gradient: Tensor) -> Phase:
    squares = sum(weight.grad.square().sum() for weight in network.parameters() if weight.grad is not None)
    told = {"images": picture(x), "gradient": wire.encode(gradient.squeeze(1).numpy())}
    return {"player": player, "name": "backpropagate", "numbers": {"norm": squares.sqrt().item()}, **told}


def moved(network: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    """Have the optimizer take its step: how far the weights went, as a part of how long they were."""
    before = torch.cat([weight.detach().flatten() for weight in network.parameters()])
    optimizer.step()
    after = torch.cat([weight.detach().flatten() for weight in network.parameters()])
    return ((after - before).norm() / before.norm()).item()


def picture(x: Tensor) -> dict[str, Any]:
    """Images (B, 1, 28, 28) in [−1, 1] for the browser."""
    return wire.encode(as_images(x.detach()).numpy())
