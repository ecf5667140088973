"""VAEs as the engine runs them. Imports no torch: what computes is imported when it first runs.

A frame of TRAIN_VAE, all in nats an image, summed over pixels and over the code's Z numbers:
    start, curve        points since the last frame, the first of them number `start`:
                        {"step", "reconstruction", "kl", "elbo"}, lists; each the mean since the point before
    step                training steps done
    kl_per_latent       [Z], means over the same
    samples             wire uint8 (64, 28, 28) decoded from fixed codes. Z = 2: an 8 × 8 picture of the plane, places
                        between which the prior has equal shares, z₁ to the right, z₂ upwards. Else draws from the prior
    digits              wire uint8 (10, 28, 28): a test image of each class, as the model sees it
    reconstructions     the same decoded from μ
    points, labels      wire float32 (500, 2), the first two numbers of μ of test images; wire uint8 (500,)
    drawn               the step of the pictures and points: a run that is stopped draws no more
    held_out            {"step", "reconstruction", "kl", "elbo"} of 1,000 test images, one draw of ε each, when new
    held_out_curve      the same as lists, as `curve`
    ink_certainty       where the decoder draws ink, how sure it is of it (0 to 1), on 128 test images, when new
    diagnoses           [{"key", "values", "sentence"}]: what has gone wrong, as of the latest held_out
    diagnosed           the step of that, None while it is too early to tell
    log                 [{"step", name: value}]: settings changed on the way
The last frame has also
    history             {"steps": [K], "samples": wire uint8 (K, 64, 28, 28) in 16 greys, "points": wire float16
                        (K, 500, 2)}, K ≤ 60
    checkpoint          {"id", "step", "expires": seconds}: a model for the tasks below, and a `start` to go on from;
                        not there when the run ended because its numbers were no longer finite
Merged frames hold everything since the reader's last; a run's last value holds the whole curve.
"""

from __future__ import annotations

from playground.frames import joined_curves
from playground.images.vae_settings import STEERABLE, VaeSettings
from playground.inference.tasks import Lane, Task, later

MB = 1024 * 1024
FRAMES_BYTES = 32 * MB  # of a run's frames, its history and its first and last weights
OPTIMIZER_COPIES = 6  # of the parameters: themselves, gradients, Adam's two means, and a checkpoint's
PARAMETERS = 700_000  # more than any of the architectures has
ACTIVATION_BYTES = 400_000  # of an image of a batch, forward and backward
PICTURES_BYTES = 16 * MB  # images decoded and encoded by one request


def training_bytes(settings: VaeSettings) -> int:
    return FRAMES_BYTES + OPTIMIZER_COPIES * 4 * PARAMETERS + min(settings.batch_size, 64) * ACTIVATION_BYTES


TRAIN_VAE = Task(
    "train_vae",
    Lane.TRAINING,
    run=later("playground.images.vae_training:train_vae"),
    peak_bytes=training_bytes,
    merge=joined_curves("curve", "held_out_curve"),
    seconds=900,
    steerable=STEERABLE,
)


def _task(name: str, run: str) -> Task:
    run = later(f"playground.images.{run}")
    return Task(name, Lane.INTERACTIVE, run=run, peak_bytes=lambda settings: PICTURES_BYTES, seconds=30)


VAE_MAP = _task("vae_map", "vae_map:vae_map")
VAE_MANIFOLD = _task("vae_manifold", "vae_map:vae_manifold")
ENCODE_DIGIT = _task("encode_digit", "vae_codes:encode_digit")
DECODE_LATENT = _task("decode_latent", "vae_codes:decode_latent")
VAE_INTERPOLATE = _task("vae_interpolate", "vae_codes:interpolate")
VAE_ARITHMETIC = _task("vae_arithmetic", "vae_codes:arithmetic")
VAE_TRAVERSE = _task("vae_traverse", "vae_codes:traverse")
