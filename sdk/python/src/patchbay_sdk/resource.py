"""The base of what a policy reads from the host."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar, Self


class Resource:
    """An object of the host. An attribute is read when it is first used: the first of the view alone,
    the second with all others of the view in one call.
    """

    _fields: ClassVar[frozenset[str]] = frozenset()
    _view: ClassVar[frozenset[str]] = frozenset()
    """The attributes that the host also gives as one record."""
    _has_read: bool = False
    """Whether an attribute of the view was read."""
    _resources: ClassVar[dict[str, str]] = {}
    """The class of each attribute that is an object of the host itself."""

    def __init__(self, host: Any, **values: Any) -> None:
        """Wraps a handle of the host. A test gives the values instead."""
        self._host = host
        self.__dict__.update(values)

    @classmethod
    def wrap(cls, value: Any) -> Self:
        """The object of a handle; an object of a test stays as it is."""
        return value if isinstance(value, cls) else cls(value)

    # A type checker sees the attributes that a class declares, and no others.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name not in self._fields:
                raise AttributeError(f"{type(self).__name__} has no {name!r}")
            if name in self._view:
                if self._has_read:
                    return self._read_view(name)
                self.__dict__["_has_read"] = True
            value = getattr(self._host, name)()
            kind = self._resources.get(name)
            if kind is not None and value is not None:
                wrap = getattr(sys.modules[type(self).__module__], kind).wrap
                value = [wrap(one) for one in value] if isinstance(value, list) else wrap(value)
            self.__dict__[name] = value
            return value

        def _read_view(self, name: str) -> Any:
            view = self._host.read()
            values = self.__dict__
            for field in self._view:
                values[field] = getattr(view, field)
            return values[name]

    def __repr__(self) -> str:
        known = {name: value for name, value in self.__dict__.items() if name[0] != "_"}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in known.items())})"
