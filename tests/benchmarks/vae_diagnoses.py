"""Do the VAE's diagnoses fire on their presets and on nothing else? python -m tests.benchmarks.vae_diagnoses [PRESET …]

Each preset is trained for 500 steps with seeds 0 to 4, and looked at after 300, 400 and 500, as a run on the page is.
"""

from __future__ import annotations

import sys

from playground.images.vae_settings import PRESETS, VaeSettings
from playground.images.vae_training import train_vae
from playground.inference.control import replay
from playground.inference.device import prepare_torch

SEEDS, STEPS = 5, 500
EXPECTED = {"beta_too_big": "vae_posterior_collapse", "blurred": "vae_blur"}  # all others are healthy


def looks(name: str, seed: int) -> list[tuple[int, int, float, list[str]]]:
    """(step, numbers of the code under 0.01 nat, certainty of ink, keys of the diagnoses) from step 300 on."""
    frames = replay(train_vae, VaeSettings(**PRESETS[name], steps=STEPS, seed=seed), [])
    told = [frame for frame in frames if "held_out" in frame and frame["step"] >= 300]
    return [
        (
            frame["step"],
            sum(kl < 0.01 for kl in frame["kl_per_latent"]),
            frame["ink_certainty"],
            [diagnosis["key"] for diagnosis in frame["diagnoses"]],
        )
        for frame in told
    ]


def main(names: list[str]) -> None:
    prepare_torch()
    for name in names or PRESETS:
        right, certainties, unused = 0, [], []
        for seed in range(SEEDS):
            seen = looks(name, seed)
            keys = [key for _, _, _, found in seen for key in found]
            right += EXPECTED[name] in seen[-1][3] if name in EXPECTED else not keys
            certainties += [certainty for _, _, certainty, _ in seen]
            unused += [count for _, count, _, _ in seen]
        wanted = EXPECTED.get(name, "nothing")
        print(
            f"{name:<14} {wanted:<24} {right} of {SEEDS}   certainty {min(certainties):.3f} … {max(certainties):.3f}   "
            f"unused {min(unused)} … {max(unused)} of {VaeSettings(**PRESETS[name]).latent_size}",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
