"""Searches a generator for the images in a folder, trains what it finds, and draws with it.

python examples/search_my_images.py my-images/ --run-dir runs/mine

The folder has one folder of images for each class, as torchvision reads it. Start the script again after a stop: it
goes on where it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import autogan_core as autogan


def main() -> None:
    """Runs the example from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path, help="folder with a folder of images for each class")
    parser.add_argument("--run-dir", type=Path, default=Path("runs/mine"), help="everything is kept here")
    parser.add_argument("--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="repeatable")
    options = parser.parse_args()

    # The preset fits two CPU cores; with a GPU start from "cifar10".
    mine = ["data.name=folder", f"data.path={options.images}", "model.image_channels=3", *options.settings]
    run = autogan.open_run(options.run_dir, autogan.load_config("digits", mine))

    for record in run.search_records():
        rewards = [reward for reward in record.rewards if reward is not None]
        slot = record.assignment.slot
        print(
            f"slot {slot}: {len(rewards)} architectures, best reward {max(rewards):.2f}" if rewards else f"slot {slot}"
        )
    print("best on shared weights:", *(beam.architecture for beam in run.beams()))

    best, *_ = run.halve()  # trains the best beams, and SN-GAN's generator beside them
    scores = run.evaluate([best])[best]
    print(f"{best} ({best.readable}): {scores.best.scores}")

    images = run.sample(best, "best", count=16, seed=0).numpy()
    print("16 images as an array:", images.shape, images.dtype)


if __name__ == "__main__":
    main()
