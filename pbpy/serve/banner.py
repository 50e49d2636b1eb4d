"""What a starting server tells the person in front of it."""

from __future__ import annotations

from datetime import datetime


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
