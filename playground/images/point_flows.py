"""Diffusion and flow matching on points of the plane, where the whole vector field can be seen.

Both join data x₀ and noise ε by a path and learn the velocity along it, which at a place and a time is a mean over all
pairs whose paths pass there:

    diffusion       x_t = cos(πt/2) x₀ + sin(πt/2) ε     velocity ∝ cos ε − sin x₀, which is v (Salimans & Ho 2022)
    flow matching   x_t = (1 − t) x₀ + t ε               velocity = ε − x₀ (Lipman et al. 2023, arXiv:2210.02747;
                                                          Liu et al. 2023, "Rectified flow", arXiv:2209.03003)

The cosine schedule of diffusion is this quarter of a circle but for its ends (Nichol & Dhariwal 2021). So the only
difference is the path.

Straight are the paths of the pairs. Many pairs' paths cross at a place, the velocity there is the mean of theirs, and
who follows it goes round a bend; so flow matching needs about as many steps as diffusion. Liu et al.'s second round
mends that ("reflow"): each noise is paired with the point that the first round carries it to. Those paths do not
cross, so following them is going straight, and few steps are enough.

B points a batch; t goes from 0, data, to 1, noise.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from playground import wire
from playground.images.denoiser import Denoiser, Walk, import_diffusers
from playground.images.diffusion_settings import TIMES
from playground.images.point_flow_settings import FlowSettings
from playground.images.points import data_set, drawn_again, histogram, js_bits
from playground.inference.aside import aside
from playground.inference.control import Control

SCALE = 2.0  # the network works on points twice as far apart, whose spread is about that of the noise
UPDATES = 20  # between two frames
AT_ONCE = 5  # of them a unit of work
EVALUATIONS = 25  # of a diffusion sampler, a unit of work: UniPC takes a millisecond for each
POINTS = 300  # carried from noise in every frame
PLACES, REACH = 15, 1.5  # of the field's grid along a side, and how far from the middle it goes
MOMENTS = (0.05, 0.2, 0.4, 0.6, 0.8, 0.95)  # the times at which the field is told while the network learns
ALL_MOMENTS = tuple(n / 20 for n in range(21))  # and in the end
SWEEP = (1, 2, 3, 5, 10, 20)  # numbers of steps that are tried in the end
PAIRS, PAIRED_AT_ONCE, PAIRING_STEPS = 8000, 500, 20  # of reflow's second round
WAVES = 4  # of time, as sines and cosines
AVERAGE = 0.99  # of the weights that are used


class Velocity(nn.Module):
    """The velocity at a place and a time: x (B, 2), t (B,) → (B, 2)."""

    def __init__(self, neurons: int) -> None:
        super().__init__()
        widths = [2 + 2 * WAVES, neurons, neurons, neurons]
        hidden = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(neurons, 2))
        self.frequencies = math.pi * torch.arange(1, WAVES + 1) / 2

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        waves = t[:, None] * self.frequencies  # (B, WAVES)
        return self.layers(torch.cat([x, waves.sin(), waves.cos()], 1))


def on_path(path: str, x0: Tensor, noise: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """x_t and the velocity there (without the circle's constant π/2): x0, noise (B, 2), t (B,) → two (B, 2)."""
    t = t[:, None]
    if path != "diffusion":
        return (1 - t) * x0 + t * noise, noise - x0
    cos, sin = (math.pi / 2 * t).cos(), (math.pi / 2 * t).sin()
    return cos * x0 + sin * noise, cos * noise - sin * x0


class Learner:
    """The network as it learns, and the average of its weights, which is what is used."""

    def __init__(self, settings: FlowSettings) -> None:
        self.settings, self.rng = settings, torch.Generator().manual_seed(settings.seed)
        with torch.random.fork_rng(devices=[]):  # layers draw their first weights from the global generator
            torch.manual_seed(settings.seed)
            self.network = Velocity(settings.neurons)
        self.averaged = Velocity(settings.neurons).requires_grad_(False)
        self.averaged.load_state_dict(self.network.state_dict())
        self.data = data_set(settings.data, settings.drawn, self.rng)  # (N, 2)
        self.optimizer = torch.optim.Adam(self.network.parameters())
        self.updates = settings.updates * (2 if settings.path == "reflow" else 1)  # of all rounds
        self.pairs: tuple[Tensor, Tensor] | None = None  # x₀ and the noise it came from, (PAIRS, 2) each

    def batch(self) -> tuple[Tensor, Tensor]:
        """Points and the noise that each is joined with, (B, 2) each: at random, in reflow's second round as paired."""
        size = self.settings.batch_size
        if self.pairs is not None:
            chosen = torch.randint(PAIRS, (size,), generator=self.rng)
            return self.pairs[0][chosen], self.pairs[1][chosen]
        x0 = SCALE * self.data[torch.randint(len(self.data), (size,), generator=self.rng)]
        return x0, torch.randn(x0.shape, generator=self.rng)

    def update(self, n: int) -> float:
        """Update number n: a batch of points, each at a time of its own. Returns the mean squared error."""
        s = self.settings
        x0, noise = self.batch()
        t = torch.rand(len(x0), generator=self.rng)
        x_t, velocity = on_path(s.path, x0, noise, t)
        loss = (self.network(x_t, t) - velocity).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        through = n % s.updates / s.updates  # the round
        self.optimizer.param_groups[0]["lr"] = s.learning_rate * (1 + math.cos(math.pi * through)) / 2
        self.optimizer.step()
        decay = min(AVERAGE, (1 + n) / (10 + n))
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.network.parameters()), 1 - decay)
        if not math.isfinite(loss.item()):
            raise FloatingPointError
        return loss.item()

    def pair(self) -> Iterator[None]:
        """Pair noise with the points that it is carried to, for reflow's second round."""
        noise = torch.randn(PAIRS, 2, generator=self.rng)
        points = []
        for part in noise.split(PAIRED_AT_ONCE):
            points.append((yield from straight(self.averaged, part, PAIRING_STEPS))[0][-1])
            yield
        self.pairs = torch.cat(points), noise

    @torch.no_grad()
    def fields(self, moments: Sequence[float]) -> Tensor:
        """Where a point moves from each place of a grid as t falls: (len(moments), PLACES, PLACES, 2)."""
        along = torch.linspace(-REACH, REACH, PLACES)
        y, x = torch.meshgrid(along, along, indexing="ij")
        places = SCALE * torch.stack([x.flatten(), y.flatten()], 1)  # (PLACES², 2)
        told = [-self.averaged(places, torch.full((len(places),), t)) / SCALE for t in moments]
        return torch.stack(told).view(len(moments), PLACES, PLACES, 2)


@torch.no_grad()
def straight(network: Velocity, x: Tensor, steps: int) -> Generator[None, None, tuple[Tensor, list[float]]]:
    """Euler's method from t = 1 to 0, by diffusers: x (P, 2) → all places (steps + 1, P, 2), their times."""
    from diffusers import FlowMatchEulerDiscreteScheduler

    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=torch.linspace(1, 1 / steps, steps).tolist())
    places = [x]
    for sigma, t in zip(scheduler.sigmas.tolist(), scheduler.timesteps, strict=False):
        velocity = network(places[-1], torch.full((len(x),), sigma))
        places.append(scheduler.step(velocity, t, places[-1]).prev_sample)
        if len(places) % EVALUATIONS == 0:
            yield
    return torch.stack(places), scheduler.sigmas.tolist()


def round_the_circle(
    network: Velocity, x: Tensor, sampler: str, steps: int, rng: torch.Generator
) -> Generator[None, None, tuple[Tensor, list[float]]]:
    """Any sampler of diffusion, from noise: x (P, 2) → all places (n + 1, P, 2), their times."""
    from diffusers import DDPMScheduler

    schedule = DDPMScheduler(
        TIMES, beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", clip_sample=False
    )

    angles = schedule.alphas_cumprod.sqrt().arccos() * 2 / math.pi  # (TIMES,): where on the quarter circle each time is

    def on_circle(t: Tensor) -> Tensor:  # Heun's times lie between
        low = t.floor().long()
        return torch.lerp(angles[low], angles[(low + 1).clamp(max=TIMES - 1)], (t - low).float())

    def velocity(x_t: Tensor, t: Tensor, class_labels: Tensor) -> SimpleNamespace:
        return SimpleNamespace(sample=network(x_t, on_circle(t)))

    walk = Walk(Denoiser(velocity, schedule, rows=len(x)), sampler, steps)
    walk.start(x)
    places, nobody = [], torch.zeros(len(x), dtype=torch.long)  # there are no classes here
    while not walk.over:
        places.append((yield from walk.evaluate(nobody, 1.0, rng)).x_t)
        if len(places) % EVALUATIONS == 0:
            yield
    return torch.stack([*places, walk.x_t]), [*on_circle(torch.tensor(walk.timesteps)).tolist(), 0.0]


def train(settings: FlowSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames: {"start", "curve": [{"step", "loss", "js"}], "step", "samples": (POINTS, 2), "js": bits between these and
    the data, "fields": (6, 15, 15, 2), where a point moves as t falls}. The first has "data" (N, 2), "moments", the
    fields' times, "reach" of their grid, and "floor", the bits that new points of the same source have.

    The last has "fine": {"moments", "fields"} at more times, and "walks", one for each number of steps that was tried:
    {"steps", "js", "straightness", "trajectories" (n + 1, POINTS, 2), "times" (n + 1)}, n evaluations (Heun may take
    one less than "steps"). Arrays in the wire form, float16. Raises SettingError.
    """
    learner = Learner(settings)
    yield from aside(import_diffusers)
    again = drawn_again(settings.data, learner.data, POINTS, torch.Generator().manual_seed(settings.seed + 1))
    told = {"data": half(learner.data), "moments": list(MOMENTS), "reach": REACH}
    yield {"start": 0, "curve": [], "floor": js_bits(histogram(again), histogram(learner.data))} | told
    done, points = 0, 0
    while done < learner.updates and control.reason is None:
        if done == settings.updates:
            yield from learner.pair()
        count = min(UPDATES, settings.updates - done % settings.updates)
        losses = []
        for n in range(count):
            losses.append(learner.update(done + n))
            if n % AT_ONCE == AT_ONCE - 1:
                yield None
        done += count
        places, _ = yield from carried(learner, settings, settings.steps)
        frame = {"samples": half(places[-1]), "js": js_bits(histogram(places[-1]), histogram(learner.data))}
        curve = [{"step": done, "loss": sum(losses) / count, "js": frame["js"]}]
        yield {"start": points, "curve": curve, "step": done, "fields": half(learner.fields(MOMENTS))} | frame
        points += 1
    yield {"start": points, "curve": []} | (yield from tried(learner, settings))


def tried(learner: Learner, settings: FlowSettings) -> Generator[None, None, dict[str, Any]]:
    """What the last frame adds: the same noise carried in several numbers of steps, and the field at more times."""
    walks = []
    for steps in sorted({*SWEEP, settings.steps}):
        places, times = yield from carried(learner, settings, steps)
        js = js_bits(histogram(places[-1]), histogram(learner.data))
        about = {"steps": steps, "js": js, "straightness": straightness(places)}
        walks.append(about | {"trajectories": half(places), "times": times})
        yield None
    return {"walks": walks, "fine": {"moments": list(ALL_MOMENTS), "fields": half(learner.fields(ALL_MOMENTS))}}


def carried(learner: Learner, settings: FlowSettings, steps: int) -> Generator[None, None, tuple[Tensor, list[float]]]:
    """The same noise, carried by the network as it now is: all places (n + 1, POINTS, 2), their times (n + 1)."""
    rng = torch.Generator().manual_seed(settings.seed)
    x = torch.randn(POINTS, 2, generator=rng)
    if settings.path == "diffusion":
        places, times = yield from round_the_circle(learner.averaged, x, settings.sampler, steps, rng)
    else:
        places, times = yield from straight(learner.averaged, x, steps)
    return places / SCALE, times


def straightness(places: Tensor) -> float:
    """How far points came, by how far they went: 1 for straight ways, less for bent ones. places (n + 1, P, 2)."""
    went = (places[1:] - places[:-1]).norm(dim=-1).sum()
    came = (places[-1] - places[0]).norm(dim=-1).sum()
    return float(came / went) if went > 0 else 1.0


def half(values: Tensor) -> dict[str, Any]:
    """As float16 in the wire form. Raises FloatingPointError for what is not finite, or far too large to be drawn."""
    values = values.half()
    if not values.isfinite().all():
        raise FloatingPointError
    return wire.encode(values.numpy())
