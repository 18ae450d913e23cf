"""One table gives a meaning to every error of httpx."""

import inspect

import httpx

from cortex.clients.failures import FAILURES, Failure


def test_every_error_httpx_can_raise_has_a_meaning() -> None:
    raised = {
        member
        for _, member in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(member, Exception)
    }
    assert raised == set(FAILURES)


def test_a_request_for_which_no_connection_came_about_never_left() -> None:
    assert not FAILURES[httpx.ConnectError].left
    assert not FAILURES[httpx.PoolTimeout].left
    assert FAILURES[httpx.ReadTimeout].left
    assert {one for one in Failure if not one.left} == {Failure.NOT_SENT, Failure.NO_ROOM}
