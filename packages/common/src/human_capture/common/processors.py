"""What there is to compute on, and what it does fast."""

from __future__ import annotations

import torch

from human_capture.common.errors import InputError

_BFLOAT16 = ("avx512_bf16", "amx_bf16")  # as torch names them


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions that multiply bfloat16 numbers.

    Without them torch emulates them. Where torch does not tell, the answer is no.
    """
    ask = getattr(torch.cpu, "get_capabilities", None)
    known = {} if ask is None else ask()
    return any(known.get(name, False) for name in _BFLOAT16)


def find_device(name: str | torch.device | None = None) -> torch.device:
    """A device that computes.

    Args:
        name: As torch names it; the fastest there is when absent.

    Raises:
        InputError: There is no such device.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.zeros((), device=name).item()  # "meta" keeps no numbers
    except (RuntimeError, AssertionError, ImportError) as error:
        raise InputError(
            f"There is no device {str(name)!r} here; leave --device away for the "
            "fastest there is, or give cpu."
        ) from error
    return torch.device(name)
