"""Errors that a person at the prompt can act on."""

from __future__ import annotations


class InputError(ValueError):
    """Something the user gave is wrong; the message is one sentence with the remedy.

    Command lines print the message alone, without a traceback.
    """
