"""Copy as Python: a program of its own that trains the same GAN, with torch alone, and ends with the same samples.

It is put together from the playground's own source, the functions that the run on screen runs.
"""

from __future__ import annotations

import inspect
from types import FunctionType

from playground.errors import SettingError
from playground.images.gan_settings import GanSettings

HEAD = '''"""Made by AIGC Playground. Needs: pip install torch

Trains the GAN that was on screen, if no setting was changed on the way, and writes its 64 samples to gan.pgm.
{data}
"""
from __future__ import annotations

import copy
import gzip
import lzma
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, relu, softplus
from torch.nn.utils.parametrizations import spectral_norm

torch.set_num_threads(1)  # a sum that is split over threads rounds differently
settings = SimpleNamespace(
{settings}
)
CLASSES, SIDE, SLOPE, WIDTHS, BETAS = {constants}
'''
READ = '''
FOLDER = Path({folder!r})  # where the data lies


def read(name: str, header: int) -> Tensor:
    """The bytes of an IDX file, as it is or compressed, after its header."""
    for ending, reader in ((".xz", lzma.open), (".gz", gzip.open), ("", open)):
        if (path := FOLDER / (name + ending)).exists():
            with reader(path, "rb") as file:
                return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8, offset=header)
    raise SystemExit(f"{{name}} is not in {{FOLDER.resolve()}}")


images = read("train-images-idx3-ubyte", 16).view(-1, 28, 28)
labels = read("train-labels-idx1-ubyte", 8).long()
'''
STATIC = """
rng = torch.Generator().manual_seed(settings.seed)
images = torch.randint(256, ({count}, 28, 28), generator=rng, dtype=torch.uint8)  # static
labels = torch.randint(10, ({count},), generator=rng)
"""
TAIL = """
g, d = (player.to(memory_format=torch.channels_last) for player in made(settings, settings.seed))
players = SimpleNamespace(
    g=g,
    d=d,
    shown=copy.deepcopy(g).requires_grad_(False).eval(),
    g_optimizer=torch.optim.Adam(g.parameters(), settings.learning_rate_g, BETAS, fused=True),
    d_optimizer=torch.optim.Adam(d.parameters(), settings.learning_rate_d, BETAS, fused=True),
    rng=torch.Generator().manual_seed(settings.seed),
    step=0,
)
for _ in range(settings.steps):
    for _ in range(settings.d_updates):
        batch = draw_batch(players, settings, images, labels)
        fake = players.g(batch.z, batch.y)
        of_d, d_real, d_fake = d_step(players, settings, batch, fake)
    of_g = g_step(players, settings, batch, fake)
    players.step += 1
    follow(players, settings.ema)
    if players.step % 100 == 0:
        losses = f"L_D {of_d:.3f}  L_G {of_g:.3f}"
        print(f"step {players.step}  {losses}  D(x) {d_real:.2f}  D(G(z)) {d_fake:.2f}", flush=True)

with torch.no_grad():
    samples = as_images(players.shown(*fixed_noise(settings, 64)))  # (64, 28, 28)
grid = samples.view(8, 8, 28, 28).transpose(1, 2).reshape(8 * 28, 8 * 28)
Path("gan.pgm").write_bytes(b"P5 224 224 255\\n" + grid.numpy().tobytes())
"""
DATA = {
    "mnist": (
        "Set FOLDER to where the playground's files of MNIST lie.",
        "playground/weights/mnist",
    ),
    "fashion": (
        "Set FOLDER to where the four original files of Fashion-MNIST lie.",
        "fashion-mnist",
    ),
    "noise": ("Its data are static.", ""),
}


def gan_as_python(settings: GanSettings) -> str:
    """The program. Raises SettingError("gan_no_program") for a run that goes on from a checkpoint."""
    if settings.start:
        raise SettingError("gan_no_program", field="start", start=settings.start)
    from playground.images import gan_data, gan_losses, gan_networks, gan_players

    values = {name: value for name, value in settings.as_dict().items() if name != "start"}
    constants = [getattr(gan_networks, name) for name in ("CLASSES", "SIDE", "SLOPE", "WIDTHS")]
    about, folder = DATA[settings.data]
    head = HEAD.format(
        data=about,
        settings="\n".join(f"    {name}={value!r}," for name, value in values.items()),
        constants=repr((*constants, gan_players.BETAS))[1:-1],
    )
    kind = settings.architecture
    networks: list[FunctionType | type] = [
        gan_networks.activation,
        getattr(gan_networks, f"_{kind}_generator"),
        getattr(gan_networks, f"_{kind}_discriminator"),
        gan_networks.Generator,
        gan_networks.Discriminator,
        gan_networks.first_weights,
        gan_networks.made,
        gan_networks.one_hot_classes,
    ]
    losses = [gan_losses.d_loss, gan_losses.g_loss, gan_losses.probability]
    if settings.r1 or settings.r2:
        losses += [gan_losses.squared_slopes, gan_players.penalty]
    names = ("Batch", "draw_batch", "as_input", "as_images", "d_step", "g_step", "follow", "fixed_noise")
    steps = [getattr(gan_players, name) for name in names]
    parts = [inspect.getsource(part) for part in (*networks, *losses, *steps)]
    data = STATIC.format(count=gan_data.STATIC) if settings.data == "noise" else READ.format(folder=folder)
    return "\n\n".join([head, *parts, data.lstrip("\n"), TAIL.lstrip("\n")])
