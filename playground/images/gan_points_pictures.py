"""What is told of a moment of the GAN game on points: D's field, G's points and its warped grid, where points are
pushed, how far the two sets are apart, and one round in full.

Positions are float16: a screen shows no more. D's opinions are told as gan_losses.probability gives them, 0 to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from playground import wire
from playground.images import gan_losses
from playground.images.gan_points_settings import NOISES
from playground.images.points import drawn_again, histogram, js_bits, kl_bits, smoothed

if TYPE_CHECKING:
    from playground.images.gan_points import Game, Turn

EDGE, SIDE = 1.25, 40  # the picture shows [-EDGE, EDGE]², D's field on SIDE × SIDE places of it
LINES, ALONG = 21, 101  # of G's grid: lines each way, or points along its curve where z is one number
SHOWN, COUNTED, TOLD = 200, 1000, 48  # G's points on screen, those in the histogram, and those of a batch in full
FAR = 1e4  # points and arrows that leave the picture altogether are told as being no further away
SPANNED = 0.99  # of each number of a Gaussian z, by its grid: to span all it would have to reach infinity


def places() -> Tensor:
    """The centres of the field's places, row by row from the top left, (SIDE², 2)."""
    across = EDGE * ((2 * torch.arange(SIDE) + 1) / SIDE - 1)
    y, x = torch.meshgrid(-across, across, indexing="ij")
    return torch.stack([x, y], dim=-1).view(-1, 2)


def lattice(noise: str) -> Tensor:
    """A grid of z whose cells are all equally likely: (LINES², 2), or (ALONG, 1) where z is one number."""
    if NOISES[noise] == 1:
        return torch.linspace(-1, 1, ALONG)[:, None]
    across = torch.linspace(-1, 1, LINES)
    if noise == "gaussian_2d":  # the quantiles of N(0, 1)
        across = 2**0.5 * torch.erfinv(SPANNED * across)
    y, x = torch.meshgrid(across, across, indexing="ij")
    return torch.stack([x, y], dim=-1).view(-1, 2)


def positions(points: Tensor) -> dict[str, Any]:
    """(…, 2) on the wire, as float16. Raises FloatingPointError for NaN."""
    if points.isnan().any():
        raise FloatingPointError("a point is nowhere")
    return wire.encode(points.clamp(-FAR, FAR).half().numpy())


class Teller:
    """Plays a game's rounds and tells of them."""

    def __init__(self, game: Game) -> None:
        self.game, settings = game, game.settings
        rng = torch.Generator().manual_seed(settings.seed + 1)  # of what is only looked at
        self.places, self.lattice = places(), lattice(settings.noise)
        self.z = game.noise(COUNTED, rng)  # the same all the way, so that one can follow a point
        self.compared = game.real(SHOWN, rng)
        self.histogram = histogram(game.data)  # (CELLS²,)
        self.floor = js_bits(self.histogram, histogram(drawn_again(settings.data, game.data, COUNTED, rng)))
        self.losses: dict[str, list[float]] = {"d_loss": [], "g_loss": []}  # of the turns since the last frame
        self.points_told = 0  # of the curves
        self.round: dict[str, Any] | None = None

    # ------------------------------------------------------------------ a round

    def play(self, in_full: bool) -> None:
        """One round: the turns of those who play. Told in full, its last turns can be looked at slowly afterwards."""
        game, round_ = self.game, {}
        for player in ("d", "g") if game.now["players"] == "both" else (game.now["players"],):
            take_turn = game.turn_of_d if player == "d" else game.turn_of_g
            for _ in range(game.now[f"{player}_updates"] - 1):
                self.losses[f"{player}_loss"].append(take_turn().loss)
            before = (self.field() if player == "d" else self.grid()) if in_full else None
            turn = take_turn()
            self.losses[f"{player}_loss"].append(turn.loss)
            if in_full:
                round_[player] = self.d_in_full(turn, before) if player == "d" else self.g_in_full(turn, before)
        self.round = round_ if in_full else None

    def d_in_full(self, turn: Turn, before: dict[str, Any]) -> dict[str, Any]:
        """D's turn: its batch, what it said of it, its loss, and its field before the update."""
        real = {"real": positions(turn.real[:TOLD]), "score_real": self.scores(turn.real_logits[:TOLD])}
        return self._in_full(turn) | real | {"field": before}

    def g_in_full(self, turn: Turn, before: dict[str, Any]) -> dict[str, Any]:
        """G's turn: its batch, what D said of it, where it was pushed, where it then moved, and the grid before."""
        fake = turn.fake[:TOLD]
        pushed = self.game.push(fake, self.compared[: len(fake)])
        moved = {"arrows": positions(pushed), "moved": positions(self.generate(turn.z[:TOLD]))}
        return self._in_full(turn) | moved | {"manifold": before}

    def _in_full(self, turn: Turn) -> dict[str, Any]:
        return {
            "z": wire.encode(turn.z[:TOLD].half().numpy()),
            "fake": positions(turn.fake[:TOLD]),
            "score_fake": self.scores(turn.fake_logits[:TOLD]),
            "loss": turn.loss,
            "gradient_norm": turn.gradient_norm,
        }

    # ------------------------------------------------------------------ a moment

    def opening(self) -> dict[str, Any]:
        """The first frame: the real points too, the grid of z, and both networks before they have learned anything.

        floor  "js" of a perfect copy: COUNTED points drawn as the data were
        """
        z = self.lattice if len(self.lattice) == ALONG else self.lattice.view(LINES, LINES, 2)
        fixed = {"real": positions(self.game.data), "lattice": wire.encode(z.half().numpy()), "floor": self.floor}
        return self.frame(0) | fixed | {"edge": EDGE, "log": []}

    def frame(self, step: int) -> dict[str, Any]:
        """{"start", "curve": {name: [value]}, "step", "picture", "round"}: everything after round `step`.

        curve    the losses are means over the turns since the last frame, None where there were none; "d_real" and
                 "d_fake" what D says on average of all real points and of COUNTED generated ones; "js" and "kl" how
                 far these two sets are apart, in bits
        picture  "field" uint8 (SIDE, SIDE) of 255; "generated" and "arrows" (SHOWN, 2), −∂ℓ/∂x of each; "manifold"
                 (LINES, LINES, 2) or (ALONG, 2)
        """
        generated = self.generate(self.z)  # (COUNTED, 2)
        self.points_told += 1
        return {
            "start": self.points_told - 1,
            "curve": {name: [value] for name, value in self.point(step, generated).items()},
            "step": step,
            "picture": {
                "field": self.field(),
                "generated": positions(generated[:SHOWN]),
                "arrows": positions(self.game.push(generated[:SHOWN], self.compared)),
                "manifold": self.grid(),
            },
            "round": self.round,
        }

    @torch.no_grad()
    def point(self, step: int, generated: Tensor) -> dict[str, float | None]:
        """One point of every curve."""
        losses = {name: sum(values) / len(values) if values else None for name, values in self.losses.items()}
        self.losses = {name: [] for name in self.losses}
        copied = histogram(generated)
        return (
            {"step": step}
            | losses
            | {
                "d_real": self.belief(self.game.judge(self.game.data)).mean().item(),
                "d_fake": self.belief(self.game.judge(generated)).mean().item(),
                "js": js_bits(self.histogram, copied),
                "kl": kl_bits(self.histogram, smoothed(copied, COUNTED)),
            }
        )

    @torch.no_grad()
    def generate(self, z: Tensor) -> Tensor:
        return self.game.G(z)

    def belief(self, logits: Tensor) -> Tensor:
        return gan_losses.probability(self.game.now["loss"], logits)

    def scores(self, logits: Tensor) -> dict[str, Any]:
        return wire.encode(self.belief(logits).half().numpy())

    @torch.no_grad()
    def field(self) -> dict[str, Any]:
        """What D says of every place of the picture."""
        said = self.belief(self.game.judge(self.places)).view(SIDE, SIDE)
        if said.isnan().any():
            raise FloatingPointError("D says nothing")
        return wire.encode((255 * said).round().byte().numpy())

    def grid(self) -> dict[str, Any]:
        """Where G puts the lattice of z."""
        points = self.generate(self.lattice)
        return positions(points if len(self.lattice) == ALONG else points.view(LINES, LINES, 2))
