"""What a starting server tells the person in front of it."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any


def greet(address: tuple[Any, ...], installer_token: str | None) -> None:
    """Tell where the server listens, and how the first superuser is made if there is none."""
    host, port = address[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    sys.stdout.write(banner(url))
    if installer_token is not None:
        sys.stdout.write(installer_help(url, installer_token))
    sys.stdout.flush()


def banner(url: str) -> str:
    """Return the lines with the server's URLs."""
    moment = datetime.now().astimezone().strftime("%Y/%m/%d %H:%M:%S")
    return f"{moment} Server started at {url}\n├─ REST API:  {url}/api/\n└─ Dashboard: {url}/_/\n"


def installer_help(url: str, token: str) -> str:
    """Return the lines that lead to the first superuser."""
    return (
        "\n(!) Launch the URL below in the browser to create your first superuser account:\n"
        f"{url}/_/#/pbinstall/{token}\n"
        "(you can also create your first superuser by running: "
        "pbpy superuser upsert EMAIL PASS)\n\n"
    )
