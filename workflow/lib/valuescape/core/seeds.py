"""Seeds: one number for one act of chance, never the position in a batch or a shard."""

from __future__ import annotations

from hashlib import blake2b


def seed_of(*parts: str | int) -> int:
    """Return the seed of one act of chance from what names it.

    Parameters
    ----------
    *parts : str or int
        Study seed, persona, instrument, question, condition, replicate: all that tells it from
        every other.

    Returns
    -------
    int
        In [0, 2**31), the same on every machine.

    Examples
    --------
    >>> seed_of(1, "mfq2", "MFQ1") == seed_of(1, "mfq2", "MFQ1")
    True
    >>> seed_of(1, 23) == seed_of(12, 3)
    False
    """
    name = "\x1f".join(str(part) for part in parts).encode()
    return int.from_bytes(blake2b(name, digest_size=4).digest(), "big") >> 1
