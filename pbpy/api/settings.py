"""Settings: show, change, and the tests that the dashboard offers. For superusers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbpy.api.form_values import JSON_PAYLOAD, group_values, load_payload
from pbpy.api.guards import require_superuser
from pbpy.api.json_body import MalformedJson
from pbpy.api.request import LOAD_FAILURE
from pbpy.api.responses import Json, NoContent, Response
from pbpy.api.router import Route
from pbpy.api.struct_body import WrongKind, bind_form, shape_of
from pbpy.auth.sample_mails import send_test_email
from pbpy.binding import BindError
from pbpy.errors import BadRequest, ValidationFailed
from pbpy.hooks.events import SettingsListRequestEvent, SettingsUpdateRequestEvent
from pbpy.records.picker import compile_picker
from pbpy.settings.apple import AppleClient, InvalidKey, generate_client_secret
from pbpy.settings.model import Settings
from pbpy.settings.save import update_settings
from pbpy.settings.stored import load_settings
from pbpy.settings.validate import IN_INVALID, required

if TYPE_CHECKING:
    from pbpy.api.request import ApiRequest
    from pbpy.api.struct_body import Shape
    from pbpy.errors import JsonValue

_FORM = shape_of(Settings)
_FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")

_APPLE_FORM: Shape = {
    "clientId": "text",
    "teamId": "text",
    "keyId": "text",
    "privateKey": "text",
    "duration": "integer",
}
_EMAIL_FORM: Shape = {"email": "text", "template": "text", "collection": "text"}
_FILESYSTEMS = frozenset(("storage", "backups"))


async def get_settings(request: ApiRequest) -> Response:
    """Answer with the settings, without secrets."""
    answer = Response()

    async def show(final: SettingsListRequestEvent) -> None:
        nonlocal answer
        answer = Json(final.settings.to_output())

    app = request.app
    stored = await load_settings(app.db, app.config)  # another process may have been here
    event = SettingsListRequestEvent(app, request.info, stored)
    await app.hooks.on_settings_list_request.trigger(event, show)
    return answer if event.response is None else Json(event.response)


async def patch_settings(request: ApiRequest) -> Response:
    """Change what the body names; secrets that it does not name are kept."""
    app = request.app
    compile_picker(request.query.get("fields", ""))  # a bad one must not be found after the save
    old = await load_settings(app.db, app.config)
    new = await _merge_body(request, old)
    answer = Response()

    async def save(final: SettingsUpdateRequestEvent) -> None:
        nonlocal answer
        try:
            await update_settings(app, old, final.new_settings)
        except ValidationFailed as error:
            message = "An error occurred while saving the new settings."
            raise BadRequest(message, error.errors) from error
        answer = Json(app.settings.to_output())

    event = SettingsUpdateRequestEvent(app, request.info, old_settings=old, new_settings=new)
    await app.hooks.on_settings_update_request.trigger(event, save)
    return answer if event.response is None else Json(event.response)


async def _merge_body(request: ApiRequest, settings: Settings) -> Settings:
    """Return the settings with the body's values; `info.body` has the body too.

    Raises:
        BadRequest: it cannot be read, or a value has the wrong kind.
    """
    try:
        for layer in await _body_layers(request):
            settings = settings.merged(layer)
            request.info.body |= layer or {}
    except (BadRequest, BindError, MalformedJson, WrongKind) as error:
        raise BadRequest(LOAD_FAILURE) from error
    return settings


async def _body_layers(request: ApiRequest) -> list[JsonValue]:
    """Return the objects of the body, each to be merged over the one before.

    Raises:
        BadRequest, MalformedJson, WrongKind: it cannot be read.
    """
    content_type = request.header(b"content-type")
    if not request.has_body:
        return []
    if content_type.startswith(_FORM_TYPES):
        values = group_values((await request.read_form()).values)
        return [bind_form(values, _FORM), *map(load_payload, values.get(JSON_PAYLOAD, ()))]
    if content_type.startswith("application/json"):
        return [await request.json()]
    raise BadRequest


async def post_test_s3(request: ApiRequest) -> Response:
    """Try to write and delete a file in a bucket."""
    form = await request.struct_body({"filesystem": "text"})
    name: str = form.get("filesystem", "")
    failure = "Failed to test the S3 filesystem."
    if error := required(name) or (None if name in _FILESYSTEMS else IN_INVALID):
        raise BadRequest(failure, {"filesystem": error})
    settings = request.app.settings
    config = settings.backups.s3 if name == "backups" else settings.s3
    reason = (
        "failed to initialize the S3 filesystem: this server stores files locally only"
        if config.enabled
        else "S3 storage filesystem is not enabled"
    )
    raise BadRequest(f"{failure} Raw error: \n{reason}")


async def post_test_email(request: ApiRequest) -> Response:
    """Send a mail made from a template of a collection."""
    form = await request.struct_body(_EMAIL_FORM)
    await send_test_email(
        request.app,
        template=form.get("template", ""),
        email=form.get("email", ""),
        collection=form.get("collection", ""),
    )
    return NoContent()


async def post_apple_client_secret(request: ApiRequest) -> Response:
    """Answer with a client secret for "Sign in with Apple"."""
    form = await request.struct_body(_APPLE_FORM)
    client = AppleClient(
        client_id=form.get("clientId", ""),
        team_id=form.get("teamId", ""),
        key_id=form.get("keyId", ""),
        private_key=form.get("privateKey", ""),
        duration=form.get("duration", 0),
    )
    try:
        return Json({"secret": generate_client_secret(client)})
    except ValidationFailed as error:
        raise BadRequest("Invalid client secret data.", error.errors) from error
    except InvalidKey as error:
        message = f"Failed to generate client secret. Raw error: \n{error}"
        raise BadRequest(message) from error


ROUTES = tuple(
    Route(method, f"/api/settings{path}", endpoint, guard=require_superuser)
    for method, path, endpoint in (
        ("GET", "", get_settings),
        ("PATCH", "", patch_settings),
        ("POST", "/test/s3", post_test_s3),
        ("POST", "/test/email", post_test_email),
        ("POST", "/apple/generate-client-secret", post_apple_client_secret),
    )
)
