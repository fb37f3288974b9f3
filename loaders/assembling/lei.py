"""Legal Entity Identifiers (ISO 17442): 18 letters or digits, and two check digits."""

import re

_FORM = re.compile(r"[A-Z0-9]{18}[0-9]{2}")


def is_lei(code: str) -> bool:
    """Whether the code is an LEI: the remainder of ISO 7064 MOD 97-10 is 1.

    >>> is_lei("5493001KJTIIGC8Y1R12"), is_lei("5493001KJTIIGC8Y1R13")
    (True, False)
    """
    if not _FORM.fullmatch(code):
        return False
    return int("".join(str(int(c, 36)) for c in code)) % 97 == 1
