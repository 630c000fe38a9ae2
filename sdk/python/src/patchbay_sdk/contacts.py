"""What the company's CRM says about the customer of this decision. Needs the grant `contacts`."""

from __future__ import annotations

from . import source


def attribute(name: str) -> str | None:
    """An attribute that the company imports from its CRM, such as `tier`. None where the CRM says
    nothing of it, and where the decision is about no message.
    """
    found: str | None = source.current().contacts.attribute(name)
    return found


def attribute_names() -> list[str]:
    """Names of the attributes, sorted; at most 32."""
    return list(source.current().contacts.attribute_names())
