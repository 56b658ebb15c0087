"""A decoder of a real model's size with random weights, and its hidden states."""

# Seer injects `expose`.
# ruff: noqa: F821

from __future__ import annotations

import os
import time
from typing import Any, NamedTuple

import torch
from torch import nn


class Size(NamedTuple):
    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int = 32_000


SIZES = {"7b": Size(32, 4096, 32, 11_008), "tiny": Size(4, 256, 8, 688)}
"""`7b` has the proportions, and the 6.6 billion weights, of LLaMA 7B (arXiv:2302.13971, table 2)."""


class Norm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        wide = x.float()
        return (wide * (wide.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt()).to(x.dtype) * self.weight


class Block(nn.Module):
    """Causal attention and a gated MLP; no positions, which cost next to nothing."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.before_attention, self.before_mlp = Norm(size.width), Norm(size.width)
        self.qkv = nn.Linear(size.width, 3 * size.width, bias=False)
        self.out = nn.Linear(size.width, size.width, bias=False)
        self.gate = nn.Linear(size.width, size.inner, bias=False)
        self.up = nn.Linear(size.width, size.inner, bias=False)
        self.down = nn.Linear(size.inner, size.width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        split = self.qkv(self.before_attention(x)).view(batch, length, 3, self.heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = attend(query, key, value).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(attended)
        inner = self.before_mlp(x)
        return x + self.down(nn.functional.silu(self.gate(inner)) * self.up(inner))


def attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    if hasattr(nn.functional, "scaled_dot_product_attention"):
        return nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    future = torch.ones_like(scores[0, 0], dtype=torch.bool).triu(1)
    return scores.masked_fill(future, float("-inf")).softmax(-1) @ value


SIZE = SIZES[os.environ["SEER_BENCH_SIZE"]]
DEVICE = os.environ["SEER_BENCH_DEVICE"]
torch.manual_seed(0)
torch.set_default_dtype(torch.bfloat16)
torch.set_grad_enabled(False)
with torch.device(DEVICE) if hasattr(torch.device, "__enter__") else torch.no_grad():
    # Made where they are used: half a minute less than moving them there.
    embed = nn.Embedding(SIZE.vocabulary, SIZE.width).to(DEVICE)
    blocks = [Block(SIZE).to(DEVICE) for _ in range(SIZE.layers)]
torch.set_default_dtype(torch.float32)


def run(prompts: int, tokens: int) -> torch.Tensor:
    """The last layer's hidden states: bfloat16 [prompts, tokens, width], computed when this returns."""
    x = embed(torch.randint(SIZE.vocabulary, (prompts, tokens), device=DEVICE))
    for block in blocks:
        x = block(x)
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return x


@expose
def about() -> dict[str, Any]:
    """What is measured on what."""
    weights = sum(p.numel() for module in (embed, *blocks) for p in module.parameters())
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    return {"device": name, "torch": torch.__version__, "weights": weights, "width": SIZE.width}


@expose
def forward_ms(prompts: int, tokens: int) -> float:
    """How long one forward pass takes, by itself."""
    began = time.perf_counter()
    run(prompts, tokens)
    return (time.perf_counter() - began) * 1000


@expose
def hidden_states(prompts: int, tokens: int) -> torch.Tensor:
    """One forward pass, and its last hidden states."""
    return run(prompts, tokens)
