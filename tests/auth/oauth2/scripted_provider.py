"""An OAuth2 provider on loopback whose every answer is written in the code itself.

    code = make_code({"sub": "1", "email": "a@example.com", "email_verified": True})

The code is the access token too, so nothing is kept between requests and several servers can
use one provider. A code may also say what the token endpoint adds or how it fails.
"""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_ID = "the-client"
CLIENT_SECRET = "the secret/of+it"

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


def make_code(user: Any = None, **script: Any) -> str:
    """Return a code.

    user is what the user endpoint tells. script: `token` (members of the token answer),
    `token_status`, `token_type` (its content type, with `token_text` as its body), `user_status`,
    `emails` (what `/emails` tells), `emails_status`, `never` (True: the token request is not
    answered), `style` (`form`: the client must name itself in the form), `verifier` (the only
    one that is accepted).
    """
    text = json.dumps({"user": user, **script})
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read_code(code: str) -> dict[str, Any]:
    """Return the script of a code."""
    try:
        script: dict[str, Any] = json.loads(urlsafe_b64decode(code + "=" * (-len(code) % 4)))
    except ValueError:
        return {"token_status": 400, "token": {"error": "invalid_grant"}}
    return script


@dataclass(frozen=True)
class Seen:
    """A request that the provider got."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]
    body: bytes = b""


@dataclass
class ScriptedProvider:
    """A running provider.

    Attributes:
        seen: the requests so far.
        keys: the published key set.
    """

    url: str
    seen: list[Seen] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)

    def settings(self, name: str = "oidc", **changes: Any) -> dict[str, Any]:
        """Return the configuration of a provider in a collection, as the API takes it."""
        return {
            "name": name,
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "authURL": self.url + "/authorize",
            "tokenURL": self.url + "/token",
            "userInfoURL": self.url + "/user",
            **changes,
        }

    def paths(self) -> list[str]:
        """Return the paths that were asked for."""
        return [seen.path for seen in self.seen]


@contextmanager
def run_provider() -> Iterator[ScriptedProvider]:
    """Run a provider on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = ScriptedProvider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined]
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.over.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    @property
    def provider(self) -> ScriptedProvider:
        return self.server.provider  # type: ignore[attr-defined,no-any-return]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._note(b"")
        if self.path == "/keys":
            self._answer(200, {"keys": self.provider.keys})
        elif self.path == "/picture.png":
            self._send(200, "image/png", PNG)
        elif self.path == "/missing":
            self._send(404, "text/plain", b"")
        elif self.path == "/never":
            self.server.over.wait()  # type: ignore[attr-defined]
        elif self.path == "/loop" or self.path.startswith("/redirect?to="):
            self._redirect(self.path.partition("=")[2] or "/loop")
        else:
            self._tell_user()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = self._note(body)
        if self.path == "/token":
            self._give_token(form)
        else:
            self._tell_user()

    def _note(self, body: bytes) -> dict[str, str]:
        is_form = "form" in self.headers.get("Content-Type", "")
        form = (
            {key: values[0] for key, values in parse_qs(body.decode()).items()} if is_form else {}
        )
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.provider.seen.append(Seen(self.command, self.path, headers, form, body))
        return form

    def _give_token(self, form: dict[str, str]) -> None:
        script = read_code(form.get("code", ""))
        is_named_in_form = "client_id" in form
        if script.get("never"):
            self.server.over.wait()  # type: ignore[attr-defined]
            return
        if script.get("style") == "form" and not is_named_in_form:
            self._answer(401, {"error": "invalid_client"})
            return
        if script.get("verifier") not in {None, form.get("code_verifier")}:
            self._answer(400, {"error": "invalid_grant"})
            return
        answer = {
            "access_token": form.get("code", ""),
            "token_type": "Bearer",
            "expires_in": 3600,
            **script.get("token", {}),
        }
        text = json.dumps(answer).encode()
        kind = script.get("token_type", "application/json")
        if kind != "application/json":
            text = script["token_text"].encode()
        self._send(script.get("token_status", 200), kind, text)

    def _tell_user(self) -> None:
        script = read_code(self.headers.get("Authorization", "").partition(" ")[2])
        if self.path.endswith("/emails"):
            self._answer(script.get("emails_status", 200), script.get("emails", []))
        else:
            self._answer(script.get("user_status", 200), script.get("user"))

    def _redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, value: Any) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
