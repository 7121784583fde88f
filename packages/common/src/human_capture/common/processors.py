"""What the processor at hand does fast."""

from __future__ import annotations

import torch

_BFLOAT16 = ("avx512_bf16", "amx_bf16")  # as torch names them


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions that multiply bfloat16 numbers.

    Without them torch emulates them. Where torch does not tell, the answer is no.
    """
    ask = getattr(torch.cpu, "get_capabilities", None)
    known = {} if ask is None else ask()
    return any(known.get(name, False) for name in _BFLOAT16)
