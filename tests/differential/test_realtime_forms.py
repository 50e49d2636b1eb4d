"""Who may subscribe to what: limits, errors, the auth of a stream, topics and their options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.listeners import ELSEWHERE, MARKER
from tests.differential.realtime_story import (
    Form,
    Listen,
    SignIn,
    Step,
    Story,
    check,
    collection,
    create,
    delete,
    every_step,
    field_of,
    listens,
    people,
    relation,
    update,
    user_id,
)
from tests.realtime.listening import with_options

if TYPE_CHECKING:
    from tests.differential.realtime_story import Told

ANN, BOB = user_id("ann"), user_id("bob")
ROW, OTHER = "row000000000001", "row000000000002"


def form(label: str, subscriptions: Any = (MARKER,), actor: str = "guest", **more: Any) -> Form:
    """Return a form for the stream of the guest, unless told otherwise."""
    return Form(label, actor, {"clientId": "{guest}", "subscriptions": subscriptions} | more)


FORMS: list[Step] = [
    Form("empty", "guest", {}),
    Form("null", "guest", None),
    Form("a list", "guest", []),
    Form("text", "guest", "x"),
    Form("no client id", "guest", {"subscriptions": ["notes/*"]}),
    Form("an empty client id", "guest", {"clientId": "", "subscriptions": ["notes/*"]}),
    Form("an unknown client id", "guest", {"clientId": "x" * 40, "subscriptions": []}),
    Form("half a client id", "guest", {"clientId": "x"}),
    Form("a number as client id", "guest", {"clientId": 1}),
    Form("the longest client id", "guest", {"clientId": "x" * 255}),
    Form("too long a client id", "guest", {"clientId": "x" * 256}),
    Form("too long a client id in bytes", "guest", {"clientId": "é" * 128}),
    Form("both wrong", "guest", {"clientId": "", "subscriptions": ["x" * 2501]}),
    Form("too many and no client", "guest", {"subscriptions": [""] * 1001}),
    form("as many as possible", [f"topic{number}" for number in range(999)] + [MARKER]),
    form("too many", [f"topic{number}" for number in range(1000)] + [MARKER]),
    form("the longest", ["x" * 2500, MARKER]),
    form("too long", ["notes/*", "x" * 2501, "y" * 2501]),
    form("too long in bytes", ["é" * 1251]),
    form("empty ones", ["", "", MARKER]),
    form("not texts", [1, MARKER]),
    form("null among them", [None, MARKER]),
    form("text for a list", "notes/*"),
    form("null for a list", None),
    create("after null", "su", "notes", {"text": "null"}),
    form("keys in other case", [MARKER], CLIENTID="x"),
    form("unknown keys", [MARKER], topics=["notes/*"]),
    form("from elsewhere", ["notes/*", MARKER], actor=ELSEWHERE),
    form("all notes", ["notes/*", MARKER]),
    form("refused leaves what was", ["x" * 2501]),
    create("a note", "su", "notes", {"text": "a"}),
    form("twice the same text", ["notes/*", "notes/*", "notes", MARKER]),
    create("a second note", "su", "notes", {"text": "b"}),
    form("the same again", ["notes/*", "notes", MARKER]),
    create("a third note", "su", "notes", {"text": "c"}),
    form("none at all", []),
    create("unheard", "su", "notes", {"text": "d"}),
    form("without the key", None),
    form("some again", ["notes_id/*", MARKER]),
    create("heard again", "su", "notes", {"text": "e"}),
]

AUTHS: list[Step] = [
    Listen("a guest's stream", "guest", ("notes/*", "mine/*")),
    create("for ann, unheard", "su", "mine", {"text": "a", "owner": ANN}),
    form("becomes ann's", ["notes/*", "mine/*", MARKER], actor="ann"),
    create("for ann, heard", "su", "mine", {"text": "b", "owner": ANN}),
    form("not a guest's again", ["notes/*", MARKER]),
    form("not bob's", ["notes/*", MARKER], actor="bob"),
    form("not the superuser's", ["notes/*", MARKER], actor="su"),
    create("refusals change nothing", "su", "mine", {"text": "c", "owner": ANN}),
    form("ann's again", ["mine_id/*", MARKER], actor="ann"),
    create("replaced", "su", "mine", {"text": "d", "owner": ANN}),
    Listen("bob's own", "bob", ("mine/*",)),
    create("for bob", "su", "mine", {"text": "e", "owner": BOB}),
    update("ann changes hands", "su", "mine", ROW, {"owner": BOB}),
    Listen("a superuser's", "su", ("mine/*", "people/*", "_superusers/*")),
    Form("not ann's", "ann", {"clientId": "{su}", "subscriptions": [MARKER]}),
    update("password", "su", "people", ANN,
           {"password": "password-456", "passwordConfirm": "password-456"}),
    create("for ann no more", "su", "mine", {"text": "f", "owner": ANN}),
    form("an old token is a guest's", ["mine/*", "notes/*", MARKER], actor="ann"),
    create("for guests", "su", "mine", {"text": "g", "owner": ""}),
    SignIn("ann is back", "ann", "people", "password-456"),
    form("ann's once more", ["mine/*", MARKER], actor="ann"),
    create("for ann once more", "su", "mine", {"text": "h", "owner": ANN}),
    update("another token key", "su", "people", ANN, {"tokenKey": "k" * 50}),
    create("for ann nothing", "su", "mine", {"text": "i", "owner": ANN}),
    delete("bob is deleted", "su", "people", BOB),
    create("for nobody", "su", "mine", {"text": "j", "owner": ""}),
]  # fmt: skip

QUERIES: tuple[dict[str, Any], ...] = (
    {"filter": "text = 'a'"},
    {"filter": " "},
    {"filter": "text ~ 'a' && n > 1"},
    {"filter": "secret = 'x'"},
    {"filter": "owner.email ~ 'ann'"},
    {"filter": "owner.name = 'ann'"},
    {"filter": "team.name ?= 'bob'"},
    {"filter": "mine_via_owner.id != ''"},
    {"filter": "@request.query.a = '1'", "a": "1"},
    {"filter": "@request.context = 'realtime'"},
    {"filter": "@collection.notes.text ?= text"},
    {"filter": "@now > '2000-01-01'"},
    {"filter": "closed.id = ''"},
    {"filter": "nonsense = 1"},
    {"filter": "text ="},
    {"filter": 1},
    {"filter": None},
    {"filter": True},
    {"filter": ["text = 'a'"]},
    {"Filter": "text = 'never'"},
    {"expand": "owner"},
    {"expand": "owner,team"},
    {"expand": " owner , team "},
    {"expand": "owner.mine_via_owner"},
    {"expand": "team.nothing,closed"},
    {"expand": "mine_via_owner"},
    {"expand": ""},
    {"fields": "id,text"},
    {"fields": "*"},
    {"fields": "*,secret"},
    {"fields": "-text,n"},
    {"fields": "text:excerpt(1,true)"},
    {"fields": "text:excerpt"},
    {"fields": "record.text,action"},
    {"fields": "secret"},
    {"fields": ","},
    {"fields": "expand.owner.email,expand.team.name", "expand": "owner,team"},
    {"sort": "-text", "page": 5, "skipTotal": True},
)
TEXTS = (
    "mine",
    "mine/",
    "mine//*",
    "mine/*/",
    "MINE/*",
    "mine/**",
    " mine/*",
    "mine/* ",
    "mine/*?",
    "mine/*?options",
    "mine/*?options=",
    "mine/*?options=null",
    "mine/*?options=[]",
    "mine/*?options=%7B%7D",
    'mine/*?options={}&options={"query":{"filter":"text=\'never\'"}}',
    'mine/*?options={"query":{"filter":"text=\'a\'"}}',
    'mine/*?options={"QUERY":{"filter":"text=\'never\'"}}',
    'mine/*?options={"headers":{"a":"b"},"query":[1]}',
    'mine/*?options={"query":"x","headers":{"a":"b"}}',
    'mine/*?options={"query":null,"headers":{"a":"b"}}',
    "mine/*?a=1&options=%7B%22query%22%3A%7B%22filter%22%3A%22n%20%3D%207%22%7D%7D",
    "mine/*?options=%zz",
    "mine/*#options=x",
    "mine/%2A",
    "mine%2F*",
    "mine_id",
    "mine_id/*?x",
    f"mine/{ROW}",
    f"mine/{ROW}?",
    f"mine/{ROW}/",
    f"mine_id/{OTHER}",
    f"{ROW}",
    "*",
    "*/*",
    "/mine/*",
    "@batch",
    "PB_CONNECT",
    "@oauth2",
    "mine/*\n",
    "míne/*",
)
TOPICS = (*TEXTS, *(with_options("mine/*", None, **query) for query in QUERIES))
HEADERS = tuple(
    with_options(f"mine/{row}", {"X-Key": "1", "Other Key": "2", "camelCase": "3"}, filter=text)
    for row in (ROW, OTHER)
    for text in ("@request.headers.x_key = '1'", "text != ''")
)
OPTIONS: list[Step] = [
    create("one", "su", "mine", {"id": ROW, "text": "a", "n": 2, "secret": "x", "owner": ANN,
                                 "team": [ANN, BOB]}),
    create("two", "su", "mine", {"id": OTHER, "text": "<b>bcd</b>", "n": 7, "owner": BOB}),
    update("one changes", "ann", "mine", ROW, {"text": "az", "team-": BOB}),
    update("nothing changes", "ann", "mine", ROW, {}),
    delete("two goes", "su", "mine", OTHER),
    delete("one goes", "su", "mine", ROW),
]  # fmt: skip

WORLD: list[Step] = [
    *people("people", "ann", "bob", listRule="@request.auth.id != ''"),
    collection("notes", field_of("text", "text"), viewRule=None),
    collection("closed", listRule=None, viewRule=None),
    collection(
        "mine",
        field_of("text", "text"),
        field_of("number", "n"),
        field_of("text", "secret", hidden=True),
        relation("owner", "people"),
        relation("team", "people", maxSelect=3),
        relation("closed", "closed"),
        listRule="owner = @request.auth.id || n > 0",
    ),
]


OPTION_TOPICS = (*TOPICS, *HEADERS)
STORIES = [
    Story(
        "forms",
        [*WORLD, Listen("one", "guest", ()), Listen("other", "su", ("notes/*",))],
        FORMS,
    ),
    Story(
        "options",
        [*WORLD, *listens(*OPTION_TOPICS, actors=("guest", "ann", "su"))],
        OPTIONS,
    ),
    Story(
        "auths",
        [*WORLD, create("one", "su", "mine", {"id": ROW, "owner": ANN})],
        AUTHS,
    ),
]


@every_step(STORIES)
def test_the_same_step_is_answered_and_heard_the_same(told: Told, story: Story, place: int) -> None:
    check(told[story][place])


def test_something_was_heard(told: Told) -> None:
    for story, least in zip(STORIES, (6, 300, 15), strict=True):
        assert sum(outcome.count for outcome in told[story]) >= least
