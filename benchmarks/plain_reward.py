"""A reward as most people would write it: images batch by batch through the network as published, score on the CPU."""

from __future__ import annotations

import torch
from torch import nn
from torch_fidelity.metric_isc import KEY_METRIC_ISC_MEAN, isc_features_to_metric

from autogan_core.search_space import Architecture
from benchmarks.extractors import PlainExtractor
from benchmarks.plain_networks import PlainGenerator

BATCH = 100
"""Images generated and scored at a time, as in the released code."""


@torch.no_grad()
def plain_reward(
    generator: PlainGenerator,
    extractor: PlainExtractor,
    architecture: Architecture,
    latent_dim: int,
    num_images: int,
    splits: int,
    recalibration_images: int,
) -> float:
    """The Inception score of ``num_images`` samples, after estimating the batch-norm statistics on others."""
    device = next(generator.parameters()).device
    norms = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
    for start in range(0, recalibration_images, BATCH):
        generator(torch.randn(min(BATCH, recalibration_images - start), latent_dim, device=device), architecture)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    generator.eval()
    logits = []
    for start in range(0, num_images, BATCH):
        z = torch.randn(min(BATCH, num_images - start), latent_dim, device=device)
        images = generator(z, architecture).mul(127.5).add(127.5).clamp(0, 255).to(torch.uint8)
        logits.append(extractor(images)[1].cpu())
    generator.train()
    return float(isc_features_to_metric(torch.cat(logits), splits=splits)[KEY_METRIC_ISC_MEAN])
