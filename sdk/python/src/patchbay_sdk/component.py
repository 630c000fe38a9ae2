# mypy: disable-error-code="import-not-found,import-untyped"
"""Makes a policy a component. Only the code that the build generates imports this."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import logging
from collections.abc import Callable
from typing import Any

from . import clock_of_decision, handle_drop, log, records, sandbox, settings, source
from .answer_check import Check, check_of
from .failure import describe
from .policy import STAGES, Policy, policy_of
from .problems import Problems, SettingsError
from .records import Classification, Escalation, Review, RoutePlan
from .resources import Conversation, Draft, Interaction, Trigger

# Objects that a decision leaves in cycles are collected only in an instance that is reused often.
_OBJECTS_BEFORE_COLLECTION = 100_000

_DECISIONS: dict[str, tuple[Any, Any]] = {
    "classify": (Interaction, Classification),
    "route": (Conversation, RoutePlan),
    "tone": (Draft, Review),
    "escalate": (Trigger, Escalation),
}
"""What each stage reads and answers."""


class Component:
    """The policy of a module, called by the host."""

    def __init__(self, module: str, interfaces: list[str]) -> None:
        """The interfaces are all of the contract; the world of the component has some of them."""
        import componentize_py_types
        import wit_world.exports
        import wit_world.imports

        self._error: Any = componentize_py_types.Err
        for package in (wit_world.imports, wit_world.exports):
            _use_own_records(package, interfaces)
        source.host = wit_world.imports
        clock_of_decision.install()
        log.connect()
        self._class = policy_of(importlib.import_module(module))
        self._settings = self._class.settings_type()
        self._policy: Policy[Any] | None = None
        self._checks: dict[str, Check] = {
            stage: check_of(answer) for stage, (_, answer) in _DECISIONS.items()
        }
        # After the import: the policy may use the real one.
        handle_drop.install()
        _settle()

    def prepare(self, text: str) -> None:
        """The export `prepare` of `lifecycle`."""
        try:
            self._policy = self._prepare(text)
        except SettingsError as error:
            raise self._error(list(error.problems)) from None
        except MemoryError:
            raise
        except BaseException as error:
            raise self._error([records.Problem("", _report(error))]) from None
        _settle()

    def decision(self, stage: str) -> Callable[[Any], Any]:
        """The export of a stage."""
        subject, _ = _DECISIONS[stage]
        method = STAGES[stage]
        check = self._checks[stage]

        def decide(handle: Any) -> Any:
            try:
                if self._policy is None:
                    # A host may call a decision without `prepare`.
                    self._policy = self._prepare(source.host.settings.get())
                answer = getattr(self._policy, method)(subject(handle))
                if answer is not None:
                    check(answer, method)
                return answer
            except MemoryError:
                # Ends the instance: the host then says which limit it was.
                raise
            except BaseException as error:
                raise self._error(_report(error)) from None

        return decide

    def _prepare(self, text: str) -> Policy[Any]:
        # The runtime itself imports and reads until here.
        sandbox.close()
        policy: Policy[Any] = self._class(settings.read(self._settings, text))
        problems = Problems()
        policy.prepare(problems)
        if len(problems):
            raise SettingsError(problems)
        return policy


def _report(error: BaseException) -> str:
    text = describe(error)
    logging.getLogger("patchbay_sdk").debug("the policy failed: %s", text)
    return text


def _use_own_records(package: Any, interfaces: list[str]) -> None:
    """Makes the runtime create the SDK's records instead of those it generated."""
    for interface in interfaces:
        # Not by the list of the directory: its order differs between machines.
        module = f"{package.__name__}.{interface}"
        if importlib.util.find_spec(module) is None:
            continue
        generated = importlib.import_module(module)
        for name in records.__all__:
            if hasattr(generated, name):
                setattr(generated, name, getattr(records, name))


def _settle() -> None:
    """Before the host takes a snapshot: what exists now is never looked at by the collector."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
