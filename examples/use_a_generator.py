"""Draws with the generator of a finished run, once by number of images and once from latent vectors.

python examples/use_a_generator.py runs/mine --out walk.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torchvision.utils import save_image

import autogan_core as autogan


def main() -> None:
    """Runs the example from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--out", type=Path, default=Path("walk.png"), help="picture of a walk between two samples")
    options = parser.parse_args()

    run = autogan.open_run(options.run, device="cpu")  # its settings are in the folder
    best, *_ = run.found()
    images = run.sample(best, "best", count=8, seed=1)
    print(f"{best}: {len(images)} images of {tuple(images.shape[1:])}, mean brightness {images.float().mean():.0f}")

    generator = run.generator(best, "best").eval()
    ends = torch.randn(2, generator.latent_dim, generator=torch.Generator().manual_seed(0))
    steps = torch.linspace(0, 1, 8).unsqueeze(1)
    with torch.no_grad():
        walk = generator(torch.lerp(ends[0], ends[1], steps), best)  # float (8, C, S, S) in [-1, 1]
    save_image(walk, options.out, nrow=8, normalize=True, value_range=(-1, 1))
    print(f"a walk from one sample to another: {options.out}")


if __name__ == "__main__":
    main()
