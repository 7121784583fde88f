"""What the processor at hand does fast."""

from __future__ import annotations

import torch

_BFLOAT16 = ("avx512_bf16", "amx_bf16", "avx_ne_convert", "sve_bf16", "bf16")


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions that multiply bfloat16 numbers.

    Without them torch emulates them, many times as slowly as single precision.
    """
    ask = getattr(torch.cpu, "get_capabilities", None)
    known = {} if ask is None else ask()
    return any(known.get(name, False) for name in _BFLOAT16)
