"""CORS, HEAD, OPTIONS, unknown routes, security headers, body limits (contract 1.1, 2, 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.batteries import OPEN, base, field
from tests.differential.steps import Step, guest, records, scenario, su

if TYPE_CHECKING:
    from tests.differential.pair import Case, Pair

SERVERS = ("hypercorn", "uvicorn")

CORS = (
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-allow-credentials",
    "access-control-max-age",
    "access-control-expose-headers",
    "vary",
)
SECURITY = (
    "x-xss-protection",
    "x-content-type-options",
    "x-frame-options",
    "cross-origin-opener-policy",
    "content-security-policy",
    "cache-control",
)
ORIGIN = {"Origin": "https://app.example.com"}
PREFLIGHT = ORIGIN | {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,x-custom",
}


def requests(method: str, *paths: str, headers: dict[str, str] | None = None) -> list[Step]:
    return [
        guest.send(method, path, headers=headers or {}, compare=(*CORS, *SECURITY, "location"))
        for path in paths
    ]


def declared(path: str, length: int, **headers: str) -> Step:
    return guest.send("POST", path, "", headers={"Content-Length": str(length), **headers})


SCENARIOS = [
    scenario(
        "unknown routes",
        requests(
            "GET",
            "/",
            "/api",
            "/api/",
            "/api/nope",
            "/api/health/",
            "/api//health",
            "//api/health",
            "/api/./health",
            "/api/x/../health",
            "/api/health?x=1",
            "/api/health/x",
            "/api/HEALTH",
            "/API/health",
            "/nope",
            "/nope/",
            "/nope.txt",
            "/%2e%2e/etc/passwd",
            "/..%2f..%2fetc%2fpasswd",
            "/a%00b",
            "/%zz",
            "/api/collections/",
            "/api/collections/x/",
            "/api/collections/x/records/",
            "/api/collections/x/records/y/",
            "/api/collections/x/records/y/z",
            "/api/collections/x/nope",
            "/api/collections//records",
            "/api/collections/meta/nope",
            "/api/records",
            "/_",
        ),
        requests("POST", "/", "/api", "/api/nope", "/api/health", "/nope", "/api/health/"),
        requests("PUT", "/api/health", "/api/collections/x/records", "/api/collections/x", "/nope"),
        requests("PATCH", "/api/health", "/api/collections", "/api/collections/x/records", "/nope"),
        requests(
            "DELETE", "/api/health", "/api/collections/x/records", "/api/collections", "/nope"
        ),
        requests("TRACE", "/api/health"),
        requests("PURGE", "/api/health", "/nope"),
        guest.post("/api/collections/x/records/y/z", {"a": 1}),
    ),
    scenario(
        "missing collections and records",
        base("ed_known", field("text", "t")),
        *(
            step
            for actor in (guest, su)
            for step in (
                actor.get(records("ed_nope")),
                actor.get(records("ed_nope", "x")),
                actor.post(records("ed_nope"), {"t": "x"}),
                actor.patch(records("ed_nope", "x"), {"t": "x"}),
                actor.delete(records("ed_nope", "x")),
                actor.send("POST", records("ed_nope"), "{"),
                actor.get(records("ed_known", "x")),
                actor.patch(records("ed_known", "x"), {"t": "x"}),
                actor.send("PATCH", records("ed_known", "x"), "{"),
                actor.delete(records("ed_known", "x")),
                actor.get("/api/files/ed_nope/x/y.txt"),
                actor.get("/api/files/ed_known/x/y.txt"),
                actor.get("/api/collections/ed_nope/auth-methods"),
                actor.get("/api/collections/ed_known/auth-methods"),
                actor.post("/api/collections/ed_nope/auth-refresh"),
                actor.post("/api/collections/ed_nope/auth-with-password", {}),
                actor.post("/api/collections/ed_known/auth-with-password", {}),
                actor.get("/api/collections/ed_nope"),
                actor.patch("/api/collections/ed_nope", {}),
                actor.delete("/api/collections/ed_nope"),
            )
        ),
    ),
    scenario(
        "head",
        su.post("/api/collections", {"name": "ed_head", "fields": [field("text", "t")], **OPEN}),
        requests("HEAD", "/api/health", "/api/nope", "/nope", "/api/collections/ed_none/records"),
        guest.send("HEAD", records("ed_head"), compare=("content-length", *CORS, *SECURITY)),
        guest.send("HEAD", records("ed_head", page="x"), compare=("content-length",)),
        guest.send("HEAD", records("ed_head", "missing"), compare=("content-length",)),
        guest.send("HEAD", "/api/collections"),
        su.send("HEAD", "/api/collections/ed_head"),
        guest.send("HEAD", "/api/collections/users/auth-methods", compare=("content-length",)),
        guest.send("HEAD", "/api/collections/users/auth-with-password"),
    ),
    scenario(
        "cors and options",
        requests("GET", "/api/health", "/api/nope", "/nope", "/api/collections", headers=ORIGIN),
        requests("GET", "/api/collections/users/records?page=x", headers=ORIGIN),
        requests("POST", "/api/nope", "/api/collections/users/auth-with-password", headers=ORIGIN),
        requests("OPTIONS", "/api/health", "/api/nope", "/", "/nope", "/api/collections/x/records"),
        requests("OPTIONS", "/api/health", "/api/nope", "/nope", "/api//health", headers=ORIGIN),
        requests("OPTIONS", "/api/health", "/api/collections/x/records", headers=PREFLIGHT),
        requests("OPTIONS", "/api/health", headers={"Origin": "null"}),
        requests("GET", "/api/health", headers={"Origin": "null"}),
        requests("GET", "/api/health", headers={"Origin": ""}),
    ),
    scenario(
        "security headers and lengths",
        requests("GET", "/api/health", "/api/collections", "/api/collections/users/auth-methods"),
        guest.get("/api/health", compare=("content-length", "content-encoding", "vary")),
        guest.get(
            "/api/health", headers={"Accept-Encoding": "gzip"}, compare=("content-encoding",)
        ),
        guest.get("/api/health", headers={"Accept": "text/html"}),
        guest.get("/api/health", headers={"X-HTTP-Method-Override": "DELETE"}),
        guest.get("/api/health", headers={"If-None-Match": "*"}),
        guest.get("/api/health", headers={"Range": "bytes=0-1"}),
        su.get("/api/health", unordered=True),
        su.delete("/api/collections/ed_nope", compare=("content-length", *SECURITY)),
    ),
    scenario(
        "body limits",
        base("ed_limit", field("text", "t"), field("json", "j", maxSize=10)),
        declared(records("ed_limit"), 40_000_000, **{"Content-Type": "application/json"}),
        declared("/api/collections/users/auth-with-password", 33_554_433),
        declared("/api/collections", 40_000_000),
        declared("/api/nope", 40_000_000),
        declared("/api/health", 40_000_000),
        guest.post(records("ed_limit"), {"t": "x" * 5000}, title="5000 characters"),
        guest.post(records("ed_limit"), {"t": "x" * 5001}, title="5001 characters"),
        guest.post(records("ed_limit"), {"j": "x" * 8}, title="8 characters and 2 quotes"),
        guest.post(records("ed_limit"), {"j": "x" * 9}, title="9 characters and 2 quotes"),
        guest.post(records("ed_limit"), {"t": "é" * 5000}, title="5000 two-byte characters"),
    ),
    scenario(
        "authorization header",
        su.post("/api/collections", {"name": "ed_auth", "fields": [field("text", "t")]}),
        su.post("/api/collections/_superusers/auth-refresh", save="root"),
        *(
            guest.get(records("ed_auth"), headers={"Authorization": value}, title=value)
            for value in (
                "{root.token}",
                "Bearer {root.token}",
                "bearer {root.token}",
                "BEARER {root.token}",
                "Bearer  {root.token}",
                "Bearer{root.token}",
                "Basic {root.token}",
                "Token {root.token}",
                "{root.token}x",
                "x{root.token}",
                " {root.token}",
                "Bearer",
                "Bearer ",
                "",
                "nope",
                "a.b.c",
                "..",
                "eyJhbGciOiJub25lIn0.eyJpZCI6IngifQ.",
                "." * 5000,
            )
        ),
        guest.get(records("ed_auth", token="{root.token}")),
        guest.get("/api/collections", headers={"authorization": "{root.token}"}),
        guest.get("/api/collections", headers={"Authorization": "nope"}),
    ),
]


def test_same_answer(case: Case, pair: Pair) -> None:
    pair.check(case)
