"""SEC-03: what breaks in a task after the answer never reaches the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.auth.world import ANNA

if TYPE_CHECKING:
    from tests.auth.world import World


@pytest.mark.parametrize("error", [RecursionError, MemoryError, OSError, KeyError])
def test_a_mail_that_breaks_ends_nothing(world: World, error: type[Exception]) -> None:
    def fail(_: Any) -> None:
        raise error("in a handler")

    world.add()
    binding = world.app.on_mailer_send.bind(fail)
    assert world.post("request-password-reset", {"email": ANNA}).status_code == 204
    world.app.on_mailer_send.unbind(binding)
    assert world.post("request-password-reset", {"email": ANNA}).status_code == 204
    world.mailbox.wait(1)
    assert world.sign_in().status_code == 200
