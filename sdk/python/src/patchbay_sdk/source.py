"""Where the calls of a policy go: to the host, or in a test to a `World`."""

from __future__ import annotations

from typing import Any

host: Any = None
"""Its attributes are the interfaces of the contract: `agents`, `clock`, `state` and so on."""


def current() -> Any:
    """The host of the decision, or the world that the test entered."""
    if host is None:
        raise RuntimeError(
            "there is no host here; in a test: `with testing.World() as world:` simulates one"
        )
    return host
