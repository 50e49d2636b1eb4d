"""Change the settings: validation and the row in one transaction, the reload after its commit."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

from pbpy.binding import Struct
from pbpy.settings.stored import load_settings, save_settings
from pbpy.settings.validate import validate_settings

if TYPE_CHECKING:
    from pbpy.context import Context
    from pbpy.settings.model import Settings

S = TypeVar("S", bound=Struct)


async def update_settings(ctx: Context, base: Settings, changed: Settings) -> None:
    """Save what changed has otherwise than base; what others changed meanwhile stays.

    Once the transaction has committed the application has the new settings, and its reload hook
    was called.

    Raises:
        ValidationFailed: by the keys of the JSON form; nothing is written.
        ConfigError: the encryption key has a wrong length.
    """
    async with ctx.transaction() as tx_ctx:
        settings = rebased(changed, base, await load_settings(tx_ctx.db, tx_ctx.config))
        validate_settings(settings)
        await save_settings(tx_ctx.tx, tx_ctx.config, settings)
        tx_ctx.replace_settings(settings)


def rebased(changed: S, base: S, stored: S) -> S:
    """Return stored with the attributes in which changed differs from base; lists are one value."""
    values = {}
    for item in fields(changed):
        mine, before = getattr(changed, item.name), getattr(base, item.name)
        if mine != before:
            present = getattr(stored, item.name)
            is_section = isinstance(mine, Struct)
            values[item.name] = rebased(mine, before, present) if is_section else mine
    return replace(stored, **values)


async def set_superuser_ips(ctx: Context, listed: tuple[str, ...]) -> None:
    """Save where superusers may come from; empty is everywhere.

    Raises:
        ValidationFailed: one of them is no address and no subnet.
    """
    base = ctx.settings
    await update_settings(ctx, base, replace(base, superuser_ips=listed))


async def rename_rate_limits(ctx: Context, before: str, after: str) -> None:
    """Let the rate limits of a collection follow its new name.

    Raises:
        ValidationFailed: there are limits of the new name already.
    """
    base = ctx.settings
    prefix = f"{before}:"
    rules = tuple(
        replace(rule, label=f"{after}:{rule.label.removeprefix(prefix)}")
        if rule.label.startswith(prefix)
        else rule
        for rule in base.rate_limits.rules
    )
    if rules != base.rate_limits.rules:
        limits = replace(base.rate_limits, rules=rules)
        await update_settings(ctx, base, replace(base, rate_limits=limits))
