"""A server stops in time although a mail hangs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx

from tests.mailbox import Mailbox
from tests.servers import SUPERUSER_EMAIL, start_pbpy

if TYPE_CHECKING:
    from pathlib import Path


def test_a_mail_on_its_way_does_not_hold_the_server(tmp_path: Path) -> None:
    with Mailbox(hold=threading.Event()) as mailbox, start_pbpy(tmp_path) as server:
        changed = httpx.patch(
            f"{server.base_url}/api/settings",
            json={"smtp": mailbox.smtp_settings},
            headers={"Authorization": server.superuser_token},
        )
        assert changed.status_code == 200
        asked = httpx.post(
            f"{server.base_url}/api/collections/_superusers/request-password-reset",
            json={"email": SUPERUSER_EMAIL},
        )
        assert asked.status_code == 204
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 8
        assert "Traceback" not in server.output
