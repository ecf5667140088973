"""Copy as Python: a program of torch alone that trains the same VAE on the same batches, outside the playground."""

from __future__ import annotations

import inspect

from playground.images.vae import ARCHITECTURES
from playground.images.vae_settings import VaeSettings

PROGRAM = '''"""Made by AIGC Playground. Needs torch, and the digits of the project's folder, where it runs."""
import lzma

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE, Z, B, beta, seed = 28, {latent_size}, {batch_size}, {beta}, {seed}


{encoder}

{decoder}

def images(part: str) -> Tensor:
    """(N, 28, 28) uint8: an IDX file is a head of 16 bytes, then the pixels."""
    raw = lzma.decompress(open(f"playground/weights/mnist/{{part}}-images-idx3-ubyte.xz", "rb").read())
    return torch.frombuffer(bytearray(raw[16:]), dtype=torch.uint8).view(-1, SIDE, SIDE)


torch.set_num_threads(1)
torch.manual_seed(seed)
encoder, decoder = {encoder_name}(Z), {decoder_name}(Z)
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr={learning_rate})
train, rng = images("train"), torch.Generator().manual_seed(seed)

for step in range(1, {steps} + 1):
    batch = torch.randint(len(train), (B,), generator=rng)
    epsilon = torch.randn(B, Z, generator=rng)
    x = (train[batch] > 127).float()[:, None]  # (B, 1, 28, 28), grey cut at one half
    mu, log_variance = encoder(x - 0.5).chunk(2, dim=1)  # each (B, Z)
    log_variance = log_variance.clamp(-12, 8)
    z = mu + (0.5 * log_variance).exp() * epsilon  # reparameterise
    reconstruction = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum") / B  # nats an image
    kl = 0.5 * (mu**2 + log_variance.exp() - 1 - log_variance).sum() / B
    optimizer.zero_grad()
    (reconstruction + beta * kl).backward()
    optimizer.step()
    print(step, f"ELBO {{-(reconstruction + kl).item():.4f}}")
'''


def vae_as_python(settings: VaeSettings) -> str:
    """A program that trains as `settings` say, from the start, on MNIST."""
    encoder, decoder = ARCHITECTURES[settings.architecture]
    return PROGRAM.format(
        encoder=inspect.getsource(encoder),
        decoder=inspect.getsource(decoder),
        encoder_name=encoder.__name__,
        decoder_name=decoder.__name__,
        **settings.as_dict(),
    )
