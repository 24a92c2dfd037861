"""What a precision setting comes to."""

from __future__ import annotations

import pytest
import torch

from autogan_core.config import TrainingConfig
from autogan_core.networks.precision import precision_words, reduced, training_dtype

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(
    ("setting", "device", "capability", "expected"),
    [
        ("auto", CPU, {"avx512_bf16": True}, torch.float32),
        ("auto", CPU, {"amx_bf16": True}, torch.bfloat16),
        ("float32", CPU, {"amx_bf16": True}, torch.float32),
        ("auto", CUDA, (9, 0), torch.bfloat16),
        ("auto", CUDA, (8, 0), torch.bfloat16),
        ("auto", CUDA, (7, 5), torch.float32),
        ("float32", CUDA, (9, 0), torch.float32),
        ("bfloat16", CPU, {}, torch.bfloat16),
    ],
)
def test_auto_takes_what_the_device_is_made_for(
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    device: torch.device,
    capability: tuple[int, int] | dict[str, bool],
    expected: torch.dtype,
) -> None:
    """bfloat16 on devices with matrix units for it, float32 elsewhere; a setting that names one is obeyed."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capability)
    assert training_dtype(TrainingConfig.model_validate({"precision": setting}), device) == expected


def test_what_auto_comes_to_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the device, and that the released code trains in another one; a named precision is repeated."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    assert precision_words(TrainingConfig(), CUDA) == (
        "training computes in bfloat16 on this machine's GPU (training.precision=auto; the released code trains in "
        "float32)"
    )
    named = TrainingConfig(precision="float32")
    assert precision_words(named, CUDA) == "training computes in float32 (training.precision=float32)"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_products_are_taken_in_the_reduced_precision(dtype: torch.dtype) -> None:
    """A matrix product has the context's type inside, and float32 outside."""
    x = torch.ones(2, 2)
    with reduced(CPU, dtype):
        assert (x @ x).dtype == dtype
    assert (x @ x).dtype == torch.float32
