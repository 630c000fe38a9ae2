"""Customers, by identifier and by address: those of the settings, then those of the pack's table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from patchbay_sdk import PolicyError, Problems, contacts, data
from tier_settings import Contract, CustomerEntry, Settings, Tier

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Customer:
    """A customer with what applies to them."""

    tier_name: str
    tier: Tier
    contract_name: str
    contract: Contract
    manager: str | None

    @property
    def described(self) -> str:
        """The beginning of a sentence about them."""
        return f"A customer of the tier {self.tier_name}"


class CustomerTable:
    """Customers, looked up in the same time however many there are."""

    def __init__(self, settings: Settings, problems: Problems) -> None:
        self._settings = settings
        for name in settings.tiers:
            if not _CODE.fullmatch(name) or len(name) > 59:
                problems.add(pointer("tiers", name), "is no code: use a-z, 0-9 and hyphens")
        self._customers = {}
        for key, entry in settings.customers.items():
            if key != key.strip().lower() and "@" in key:
                problems.add(pointer("customers", key), "must be in lower case: it is an address")
            self._check(pointer("customers", key), entry.tier, entry.contract, problems)
            self._customers[key] = entry
        tier, contract = settings.tier_of_others, settings.contract_of_others
        if (tier is None) != (contract is None):
            missing = "/tier-of-others" if tier is None else "/contract-of-others"
            problems.add(missing, "is missing: customers that the table lacks need both or none")
        elif tier is not None and contract is not None:
            self._check_name("/tier-of-others", "tier", tier, settings.tiers, problems)
            self._check_name("/contract-of-others", "contract", contract, settings.contracts, problems)
        self._others = CustomerEntry(tier, contract) if tier and contract else None

    def find(self, id: str | None, address: str | None) -> Customer | None:
        """The customer with this identifier, else with this address, else by the CRM's record, else by
        the table, else what applies to others.
        """
        keys = [key for key in (id, address.strip().lower() if address else None) if key]
        entry = next((self._customers[key] for key in keys if key in self._customers), None)
        entry = entry or self._record() or self._row(keys) or self._others
        if entry is None:
            return None
        return Customer(
            entry.tier,
            self._settings.tiers[entry.tier],
            entry.contract,
            self._settings.contracts[entry.contract],
            entry.manager,
        )

    def _record(self) -> CustomerEntry | None:
        """The customer as the CRM describes them, by a tier that the settings have."""
        tier = contacts.attribute("tier")
        if tier is None or tier not in self._settings.tiers:
            return None
        contract = contacts.attribute("contract") or self._settings.contract_of_others
        if contract is None or contract not in self._settings.contracts:
            return None
        return CustomerEntry(tier, contract, contacts.attribute("manager"))

    def _row(self, keys: list[str]) -> CustomerEntry | None:
        """The customer that the table has under the first of these keys."""
        if not keys:
            return None
        rows = data.table("customers").get_many(keys)
        row = next((row for row in rows if row is not None), None)
        if row is None:
            return None
        entry = CustomerEntry(row["tier"], row["contract"], row.get("manager") or None)
        for kind, name, known in (
            ("tier", entry.tier, self._settings.tiers.keys()),
            ("contract", entry.contract, self._settings.contracts.keys()),
        ):
            if name not in known:
                what = _described(kind, name)
                raise PolicyError(f"the table customers names {what}, which the settings lack")
        return entry

    def _check(self, path: str, tier: str, contract: str, problems: Problems) -> None:
        self._check_name(f"{path}/tier", "tier", tier, self._settings.tiers, problems)
        self._check_name(
            f"{path}/contract", "contract", contract, self._settings.contracts, problems
        )

    def _check_name(
        self, path: str, kind: str, name: str, known: Iterable[str], problems: Problems
    ) -> None:
        if name in known:
            return
        nearest = difflib.get_close_matches(name, list(known), 1)
        advice = f"; did you mean {nearest[0]!r}?" if nearest else ""
        if _is_address(name):
            problems.add(path, f"must be the name of a {kind} and not an address")
        else:
            problems.add(path, f"there is no {kind} {name!r}{advice}")


def pointer(*keys: str) -> str:
    """The JSON Pointer (RFC 6901) to a place in the settings."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def _is_address(name: str) -> bool:
    """Whether this stands where a name belongs but may be a customer's: messages do not repeat it."""
    return "@" in name


def _described(kind: str, name: str) -> str:
    return f"an address as {kind}" if _is_address(name) else f"the {kind} {name!r}"
