"""Who a customer is decides how fast they are answered, by whom, and what may be promised to them.

A table of customers names the tier and the contract of each; tiers and contracts say what follows.
"""

from __future__ import annotations

import logging
import re

from customers import Customer, CustomerTable, pointer
from patchbay_sdk import (
    Action,
    ActionKind,
    Conversation,
    Draft,
    Escalation,
    Finding,
    Policy,
    Preference,
    Problems,
    Review,
    RoutePlan,
    Severity,
    SlaTarget,
    Step,
    Target,
    TargetKind,
    Trigger,
    TriggerCode,
    Verdict,
    byte_range,
)
from tier_settings import Settings, Tier

log = logging.getLogger(__name__)

LATE = (TriggerCode.SLA_BREACHED, TriggerCode.SILENT_AGENT)
"""Triggers of a customer who has waited too long."""
SOON_LATE = (TriggerCode.SLA_AT_RISK, TriggerCode.DECLINED)
"""Triggers of a customer who will have waited too long."""


class CustomerTiers(Policy[Settings]):
    """Routes, escalates and checks replies by tier and contract."""

    def prepare(self, problems: Problems) -> None:
        settings = self.settings
        self.customers = CustomerTable(settings, problems)
        self.promises: dict[str, re.Pattern[str]] = {}
        for name, contract in settings.contracts.items():
            for index, phrase in enumerate(contract.forbidden):
                if not phrase.strip():
                    problems.add(pointer("contracts", name, "forbidden", str(index)), "must not be empty")
            phrases = sorted(contract.forbidden, key=len, reverse=True)
            if phrases:
                joined = "|".join(r"\s+".join(map(re.escape, one.split())) for one in phrases)
                self.promises[name] = re.compile(rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)

    def route(self, conversation: Conversation) -> RoutePlan | None:
        customer = self._customer_of(conversation)
        if customer is None:
            return None
        tier, contract = customer.tier, customer.contract
        language = self._language_of(conversation)
        queue = tier.queues_by_language.get(language or "", tier.queue)
        plan = RoutePlan(
            Target(TargetKind.QUEUE, id=queue),
            f"{customer.described} with the contract {customer.contract_name}.",
            priority=tier.priority,
            steps=self._steps(tier, language),
            tags=[f"tier-{customer.tier_name}"],
            sla=[
                SlaTarget(clock, minutes * 60)
                for clock, minutes in (
                    ("first-response", contract.first_response_minutes),
                    ("next-response", contract.next_response_minutes),
                    ("resolution", contract.resolution_minutes),
                )
                if minutes is not None
            ],
        )
        if customer.manager is not None:
            plan.preferences.append(Preference(customer.manager, 100))
        return plan

    def escalate(self, trigger: Trigger) -> Escalation | None:
        conversation = trigger.conversation
        customer = None if conversation is None else self._customer_of(conversation)
        if customer is None or not customer.tier.vip:
            return None
        tier = customer.tier
        if trigger.code in SOON_LATE:
            why = f"{customer.described} is about to wait too long."
            return Escalation(why, actions=[_raise(tier.priority_when_late)])
        if trigger.code in LATE:
            why = f"{customer.described} has waited too long."
            actions = [_raise(tier.priority_when_late)]
            if tier.notify is not None:
                actions.append(
                    Action(ActionKind.NOTIFY, target=tier.notify, message=why, priority=90)
                )
            if tier.queue_when_late is not None:
                actions.append(Action(ActionKind.RE_ROUTE, target=tier.queue_when_late))
            return Escalation(why, actions=actions)
        return None

    def check_tone(self, draft: Draft) -> Review | None:
        conversation = draft.conversation
        customer = None if conversation is None else self._customer_of(conversation)
        if customer is None:
            return None
        contract = customer.contract
        promises = self.promises.get(customer.contract_name)
        text = draft.text
        found = list(promises.finditer(text))[:64] if promises else []
        if not found:
            return Review(Verdict.APPROVE, "No promise that the contract excludes.")
        findings = []
        for match in found:
            start, end = byte_range(text, *match.span())
            findings.append(
                Finding(
                    "promise.not-in-contract",
                    Severity.HIGH,
                    f"The contract {customer.contract_name} does not include this promise.",
                    start=start,
                    end=end,
                    suggestion=contract.instead,
                )
            )
        log.info("%d promises outside of the contract %s", len(findings), customer.contract_name)
        held = contract.approvers or None
        return Review(
            Verdict.HOLD if held else Verdict.REVISE,
            f"Promises what the contract {customer.contract_name} excludes.",
            findings=findings,
            approvers=held or [],
        )

    def _customer_of(self, conversation: Conversation) -> Customer | None:
        contact = conversation.contact
        return self.customers.find(contact.id, contact.address)

    def _language_of(self, conversation: Conversation) -> str | None:
        assessment = conversation.assessment
        language = (assessment.language if assessment else None) or conversation.latest.language
        return language.split("-")[0].lower() if language else None

    def _steps(self, tier: Tier, language: str | None) -> list[Step]:
        """First agents who speak the language, then everybody in the queue."""
        if language is None or tier.language_minutes == 0:
            return []
        return [Step(languages=[language], expires_after=tier.language_minutes * 60), Step()]


def _raise(priority: int) -> Action:
    return Action(ActionKind.RAISE_PRIORITY, priority=priority)
