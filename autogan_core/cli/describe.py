"""``autogan describe``: an architecture in pictures and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autogan_core.cli.architectures import single
from autogan_core.cli.run_folder import Overrides, Preset, console
from autogan_core.presets import load_config
from autogan_core.search_space import NAMED


def describe(
    architecture: Annotated[list[str], typer.Argument(metavar="ARCH", help=f"{', '.join(NAMED)}, or any other.")],
    preset: Preset = "cifar10",
    overrides: Overrides = None,
    svg: Annotated[Path | None, typer.Option(help="Also draw it into this .svg file.")] = None,
) -> None:
    """Show an architecture: diagram, parameters and FLOPs, for the preset's image size and retraining width."""
    from autogan_core.metrics.complexity import generator_macs, generator_parameters
    from autogan_core.report.figures.diagram import architecture_svg, architecture_text
    from autogan_core.report.figures.discriminator_diagram import discriminator_svg, discriminator_text
    from autogan_core.storage import write_atomically

    config = load_config(preset, overrides or ())
    parsed = config.model.completed(single(architecture))
    channels = config.retrain.generator_channels
    console.print(f"{parsed}   {parsed.readable}\n")
    console.print(architecture_text(parsed, config.model))
    if parsed.discriminator:
        console.print(f"\nits discriminator\n{discriminator_text(parsed, config.model)}")
    parameters, macs = (count(parsed, config.model, channels) for count in (generator_parameters, generator_macs))
    console.print(
        f"\nwith {channels} channels: {parameters:,} parameters, {macs / 1e9:.3f} GFLOPs for an image "
        "(multiply-accumulates, as the paper counts)",
        highlight=False,
    )
    if svg is not None:
        write_atomically(svg, architecture_svg(parsed, config.model).encode())
        console.print(f"drawn in {svg}")
        if parsed.discriminator:
            beside = svg.with_stem(f"{svg.stem}-discriminator")
            write_atomically(beside, discriminator_svg(parsed, config.model).encode())
            console.print(f"its discriminator in {beside}")
