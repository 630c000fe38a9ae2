"""The integers of the contract: an answer with one outside of its range is an error."""

from typing import Annotated

U8 = Annotated[int, range(2**8)]
"""0 to 255."""
U32 = Annotated[int, range(2**32)]
"""0 to 4,294,967,295."""
U64 = Annotated[int, range(2**64)]
"""0 to 2⁶⁴ − 1."""
S64 = Annotated[int, range(-(2**63), 2**63)]
"""−2⁶³ to 2⁶³ − 1."""
