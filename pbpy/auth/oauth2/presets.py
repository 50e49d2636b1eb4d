"""Every provider that PocketBase knows; names and order are those of `schema/providers.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pbpy.auth.oauth2 import openid, services
from pbpy.auth.oauth2.provider import Preset, Provider, UserFields

if TYPE_CHECKING:
    from pbpy.schema.auth_options import OAuth2Provider

_OPEN_ID: Final = Preset(
    scopes=("openid", "email", "profile"),
    user=UserFields(
        id="sub", name="name", username="preferred_username", avatar_url="picture", email="email"
    ),
)

PRESETS: Final[dict[str, Preset]] = {
    "apple": Preset(
        "https://appleid.apple.com/auth/authorize",
        "https://appleid.apple.com/auth/token",
        scopes=("name", "email"),
        user=UserFields(id="sub", name="name", email="email"),
        auth_params={"response_mode": "form_post"},
    ),
    "google": Preset(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v3/userinfo",
        (
            "https://www.googleapis.com/auth/userinfo.profile",
            "https://www.googleapis.com/auth/userinfo.email",
        ),
        UserFields(
            id="sub",
            name="name",
            avatar_url="picture",
            email="email",
            email_if=("email_verified",),
        ),
    ),
    "microsoft": Preset(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://graph.microsoft.com/v1.0/me",
        ("User.Read",),
        UserFields(name="displayName"),
    ),
    "yandex": Preset(
        "https://oauth.yandex.com/authorize",
        "https://oauth.yandex.com/token",
        "https://login.yandex.ru/info",
        ("login:email", "login:avatar", "login:info"),
        UserFields(name="real_name", username="login", email="default_email"),
    ),
    "facebook": Preset(
        "https://www.facebook.com/v3.2/dialog/oauth",
        "https://graph.facebook.com/v3.2/oauth/access_token",
        "https://graph.facebook.com/me?fields=name,email,picture.type(large)",
        ("email",),
        UserFields(name="name", avatar_url="picture.data.url", email="email"),
    ),
    "instagram2": Preset(
        "https://www.instagram.com/oauth/authorize",
        "https://api.instagram.com/oauth/access_token",
        "https://graph.instagram.com/me?fields=id,username,account_type,user_id,name,"
        "profile_picture_url,followers_count,follows_count,media_count",
        ("instagram_business_basic",),
        UserFields(
            id="user_id", name="name", username="username", avatar_url="profile_picture_url"
        ),
    ),
    "github": Preset(
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        "https://api.github.com/user",
        ("read:user", "user:email"),
        UserFields(name="name", username="login", avatar_url="avatar_url", has_number_id=True),
    ),
    "gitlab": Preset(
        "https://gitlab.com/oauth/authorize",
        "https://gitlab.com/oauth/token",
        "https://gitlab.com/api/v4/user",
        ("read_user",),
        UserFields(name="name", username="username", avatar_url="avatar_url", has_number_id=True),
    ),
    "bitbucket": Preset(
        "https://bitbucket.org/site/oauth2/authorize",
        "https://bitbucket.org/site/oauth2/access_token",
        "https://api.bitbucket.org/2.0/user",
        ("account",),
        UserFields(
            id="uuid",
            name="display_name",
            username="username",
            avatar_url="links.avatar.href",
            must_be=("account_status", "active"),
        ),
        pkce=False,
    ),
    "gitee": Preset(
        "https://gitee.com/oauth/authorize",
        "https://gitee.com/oauth/token",
        "https://gitee.com/api/v5/user",
        ("user_info", "emails"),
        UserFields(name="name", username="login", avatar_url="avatar_url", has_number_id=True),
    ),
    "gitea": Preset(
        "https://gitea.com/login/oauth/authorize",
        "https://gitea.com/login/oauth/access_token",
        "https://gitea.com/api/v1/user",
        ("read:user", "user:email"),
        UserFields(
            name="full_name",
            username="login",
            avatar_url="avatar_url",
            has_number_id=True,
            must_be=("active", True),
        ),
    ),
    "discord": Preset(
        "https://discord.com/api/oauth2/authorize",
        "https://discord.com/api/oauth2/token",
        "https://discord.com/api/users/@me",
        ("identify", "email"),
        UserFields(name="global_name", username="username", email="email", email_if=("verified",)),
    ),
    "twitter": Preset(
        "https://x.com/i/oauth2/authorize",
        "https://api.x.com/2/oauth2/token",
        "https://api.x.com/2/users/me?user.fields=id,name,username,profile_image_url,confirmed_email",
        ("users.read", "users.email", "tweet.read"),  # without the last one: 403 for the user
        UserFields(
            id="data.id",
            name="data.name",
            username="data.username",
            avatar_url="data.profile_image_url",
            email="data.confirmed_email",
        ),
    ),
    "kakao": Preset(
        "https://kauth.kakao.com/oauth/authorize",
        "https://kauth.kakao.com/oauth/token",
        "https://kapi.kakao.com/v2/user/me",
        ("account_email", "profile_nickname", "profile_image"),
        UserFields(
            username="properties.nickname",
            avatar_url="properties.profile_image",
            email="kakao_account.email",
            has_number_id=True,
            email_if=("kakao_account.is_email_valid", "kakao_account.is_email_verified"),
        ),
    ),
    "vk": Preset(
        "https://oauth.vk.com/authorize",
        "https://oauth.vk.com/access_token",
        "https://api.vk.com/method/users.get?fields=photo_max,screen_name&v=5.131",
        ("email",),
        UserFields(
            id="response.0.id",
            username="response.0.screen_name",
            avatar_url="response.0.photo_max",
            has_number_id=True,
        ),
        pkce=False,
    ),
    "linear": Preset(
        "https://linear.app/oauth/authorize",
        "https://api.linear.app/oauth/token",
        "https://api.linear.app/graphql",
        ("read",),
        UserFields(
            id="data.viewer.id",
            name="data.viewer.name",
            username="data.viewer.displayName",
            avatar_url="data.viewer.avatarUrl",
            email="data.viewer.email",
            must_be=("data.viewer.active", True),
        ),
        pkce=False,
        user_query="query Me { viewer { id displayName name email avatarUrl active } }",
    ),
    "notion": Preset(
        "https://api.notion.com/v1/oauth/authorize",
        "https://api.notion.com/v1/oauth/token",
        "https://api.notion.com/v1/users/me",
        user=UserFields(
            id="bot.owner.user.id",
            name="bot.owner.user.name",
            avatar_url="bot.owner.user.avatar_url",
            email="bot.owner.user.person.email",
        ),
        user_headers={"Notion-Version": "2022-06-28"},
    ),
    "monday": Preset(
        "https://auth.monday.com/oauth2/authorize",
        "https://auth.monday.com/oauth2/token",
        "https://api.monday.com/v2",
        ("me:read",),
        UserFields(
            id="data.me.id",
            name="data.me.name",
            avatar_url="data.me.photo_small",
            email="data.me.email",
            email_if=("data.me.is_verified",),
            must_be=("data.me.enabled", True),
        ),
        user_query="query { me { id enabled name email is_verified photo_small }}",
    ),
    "lark": Preset(
        "https://accounts.feishu.cn/open-apis/authen/v1/authorize",
        "https://open.feishu.cn/open-apis/authen/v2/oauth/token",
        "https://open.feishu.cn/open-apis/authen/v1/user_info",
        user=UserFields(id="data.union_id", name="data.name", avatar_url="data.avatar_url"),
    ),
    "box": Preset(
        "https://account.box.com/api/oauth2/authorize",
        "https://api.box.com/oauth2/token",
        "https://api.box.com/2.0/users/me",
        ("root_readonly",),
        UserFields(
            name="name", avatar_url="avatar_url", email="login", must_be=("status", "active")
        ),
    ),
    "spotify": Preset(
        "https://accounts.spotify.com/authorize",
        "https://accounts.spotify.com/api/token",
        "https://api.spotify.com/v1/me",
        ("user-read-private",),  # its email is unverified
        UserFields(name="display_name", avatar_url="images.0.url"),
    ),
    "trakt": Preset(
        "https://trakt.tv/oauth/authorize",
        "https://api.trakt.tv/oauth/token",
        "https://api.trakt.tv/users/settings",
        user=UserFields(
            id="user.ids.uuid",
            name="user.name",
            username="user.username",
            avatar_url="user.images.avatar.full",
        ),
        user_headers={
            "Content-Type": "application/json",
            "trakt-api-key": "{client_id}",
            "trakt-api-version": "2",
        },
    ),
    "twitch": Preset(
        "https://id.twitch.tv/oauth2/authorize",
        "https://id.twitch.tv/oauth2/token",
        "https://api.twitch.tv/helix/users",
        ("user:read:email",),
        UserFields(
            id="data.0.id",
            name="data.0.display_name",
            username="data.0.login",
            avatar_url="data.0.profile_image_url",
            email="data.0.email",
        ),
        user_headers={"Client-Id": "{client_id}"},
    ),
    "patreon": Preset(
        "https://www.patreon.com/oauth2/authorize",
        "https://www.patreon.com/api/oauth2/token",
        "https://www.patreon.com/api/oauth2/v2/identity"
        "?fields%5Buser%5D=full_name,email,vanity,image_url,is_email_verified",
        ("identity", "identity[email]"),
        UserFields(
            id="data.id",
            name="data.attributes.full_name",
            username="data.attributes.vanity",
            avatar_url="data.attributes.image_url",
            email="data.attributes.email",
            email_if=("data.attributes.is_email_verified",),
        ),
    ),
    "strava": Preset(
        "https://www.strava.com/oauth/authorize",
        "https://www.strava.com/api/v3/oauth/token",
        "https://www.strava.com/api/v3/athlete",
        ("profile:read_all",),
        UserFields(username="username", avatar_url="profile", has_number_id=True),
    ),
    "wakatime": Preset(
        "https://wakatime.com/oauth/authorize",
        "https://wakatime.com/oauth/token",
        "https://wakatime.com/api/v1/users/current",
        ("email",),
        UserFields(
            id="data.id",
            name="data.display_name",
            username="data.username",
            avatar_url="data.photo",
            email="data.email",
            email_if=("data.is_email_confirmed",),
        ),
    ),
    "livechat": Preset(
        "https://accounts.livechat.com/",
        "https://accounts.livechat.com/token",
        "https://accounts.livechat.com/v2/accounts/me",
        user=UserFields(
            id="account_id",
            name="name",
            avatar_url="avatar_url",
            email="email",
            email_if=("email_verified",),
        ),
    ),
    "mailcow": Preset(
        scopes=("profile",),
        user=UserFields(
            name="full_name", username="username", email="email", must_be=("active", 1)
        ),
    ),
    "planningcenter": Preset(
        "https://api.planningcenteronline.com/oauth/authorize",
        "https://api.planningcenteronline.com/oauth/token",
        "https://api.planningcenteronline.com/people/v2/me",
        ("people",),
        UserFields(
            id="data.id",
            name="data.attributes.name",
            avatar_url="data.attributes.avatar",
            must_be=("data.attributes.status", "active"),
        ),
    ),
    "oidc": _OPEN_ID,
    "oidc2": _OPEN_ID,
    "oidc3": _OPEN_ID,
}

_CLASSES: Final[dict[str, type[Provider]]] = {
    "apple": openid.Apple,
    "microsoft": openid.Microsoft,
    "yandex": services.Yandex,
    "instagram2": services.Instagram,
    "github": services.ListsEmails,
    "gitlab": services.Gitlab,
    "bitbucket": services.Bitbucket,
    "gitee": services.Gitee,
    "gitea": services.ListsEmails,
    "discord": services.Discord,
    "vk": services.Vk,
    "twitch": services.Twitch,
    "strava": services.Strava,
    "wakatime": services.Wakatime,
    "mailcow": services.Mailcow,
    "oidc": openid.OpenId,
    "oidc2": openid.OpenId,
    "oidc3": openid.OpenId,
}


def make_provider(config: OAuth2Provider) -> Provider | None:
    """Return the configured provider, or None for a name that is not known."""
    preset = PRESETS.get(config.name)
    return None if preset is None else _CLASSES.get(config.name, Provider)(config, preset)
