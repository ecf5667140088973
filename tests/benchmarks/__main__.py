"""Every figure, one after another: python -m tests.benchmarks [NAME …]. On a machine that does nothing else."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "page_ready",
    "decoding",
    "beams",
    "draws",
    "attention",
    "gan",
    "gan_diagnoses",
    "text_page",
    "attention_page",
    "vae",
    "vae_diagnoses",
    "vae_page",
    "diffusion",
    "diffusion_page",
    "event_loop",
    "judge",
    "sixty_clients",
    "sixty_viewers",
    "cartpole",
    "cartpole_page",
)


def main(names: list[str]) -> None:
    for name in names or NAMES:
        print(f"\n## {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"], check=True)  # each in a process of its own


if __name__ == "__main__":
    main(sys.argv[1:])
