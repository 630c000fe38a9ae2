"""The end of objects of the host."""

from patchbay_sdk.handle_drop import HandleDrop


class Handle:
    """An object as the runtime makes them."""

    finalizer: HandleDrop


def test_a_handle_is_returned_once_when_its_object_ends() -> None:
    returned: list[tuple[int, int]] = []

    def drop(resource: int, handle: int) -> None:
        returned.append((resource, handle))

    handle = Handle()
    handle.finalizer = HandleDrop(handle, drop, 3, 7)
    assert returned == []
    del handle
    assert returned == [(3, 7)]


def test_a_handle_that_was_given_away_is_not_returned() -> None:
    returned: list[int] = []
    handle = Handle()
    handle.finalizer = HandleDrop(handle, returned.append, 7)
    handle.finalizer.detach()
    del handle
    assert returned == []
