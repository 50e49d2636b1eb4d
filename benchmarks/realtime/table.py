"""The lines that are printed, and the bars to reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.report import PB, PBPY, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.realtime.connections import CycleFigures, IdleFigures
    from benchmarks.realtime.deliveries import Figures

_SPEED_BARS: Final = {"no rule": 1.5, "signed in": 4.0, "own rows": 4.0}
"""The least deliveries per second against PocketBase's, by rule."""
_KILOBYTES_BAR: Final = 40.0
_CONNECTS_BAR: Final = 500.0
_GROWTH_BAR: Final = 0.5
"""Kilobytes of memory per stream that has come and gone: less than one object that stays."""
_COLUMNS: Final = (
    ("connects/s", "{.connects_per_s:.0f}"),
    ("p50 ms", "{.p50_ms:.1f}"),
    ("p99 ms", "{.p99_ms:.1f}"),
    ("p99 ms from the request", "{.journey_p99_ms:.1f}"),
    ("deliveries/s", "{.per_s:,.0f}"),
    ("posts/s", "{.posts_per_s:,.0f}"),
    ("server us each", "{.server_us:.1f}"),
    ("client us each", "{.client_us:.1f}"),
    ("client cores", "{.client_cores:.2f}"),
    ("wrong", "{.wrong}"),
)
_RATIOS: Final = {
    "connects/s": "connects_per_s",
    "p99 ms from the request": "journey_p99_ms",
    "deliveries/s": "per_s",
    "posts/s": "posts_per_s",
    "server us each": "server_us",
}


@dataclass(slots=True)
class Results:
    """All figures of a run, by server; those of deliveries by rule first."""

    deliveries: dict[str, dict[str, Figures]] = field(default_factory=dict)
    idle: dict[str, IdleFigures] = field(default_factory=dict)
    cycles: dict[str, CycleFigures] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a delivery was wrong."""
        return any(f.wrong for figures in self.deliveries.values() for f in figures.values())

    def lines(self) -> Iterator[str]:
        """Yield everything as Markdown lines."""
        if self.deliveries:
            yield f"| server | rule | {' | '.join(name for name, _ in _COLUMNS)} |"
            yield "| --- | --- |" + " --: |" * len(_COLUMNS)
            for rule, figures in self.deliveries.items():
                yield from _rows(rule, figures)
            yield ""
            for rule, figures in self.deliveries.items():
                yield from _delivery_bars(rule, figures)
        for name, idle in self.idle.items():
            yield from _idle_lines(name, idle)
        for name, cycles in self.cycles.items():
            yield from _cycle_lines(name, cycles)
        for name, text in self.faults:
            yield f"- {name}: {text}"


def _rows(rule: str, figures: dict[str, Figures]) -> Iterator[str]:
    for name, one in figures.items():
        yield _row(name, rule, [text.format(one) for _, text in _COLUMNS])
    if {PB, PBPY} <= figures.keys():
        theirs, ours = figures[PB], figures[PBPY]
        cells = [_ratio(ours, theirs, _RATIOS.get(name, "")) for name, _ in _COLUMNS]
        yield _row("ratio", rule, cells)


def _row(name: str, rule: str, cells: list[str]) -> str:
    return f"| {' | '.join([name, rule, *cells])} |"


def _ratio(ours: Figures, theirs: Figures, attribute: str) -> str:
    if not attribute:
        return ""
    return f"**{getattr(ours, attribute) / getattr(theirs, attribute):.2f}**"


def _delivery_bars(rule: str, figures: dict[str, Figures]) -> Iterator[str]:
    if not {PB, PBPY} <= figures.keys():
        return
    theirs, ours = figures[PB], figures[PBPY]
    ratio, bar = ours.per_s / theirs.per_s, _SPEED_BARS[rule]
    yield f"- {rule}: {ratio:.2f} times the deliveries/s: {verdict(ratio >= bar)} (bar {bar})"
    yield (
        f"- {rule}: p99 from the answer to the last delivery {ours.p99_ms:.1f} ms:"
        f" {verdict(ours.p99_ms <= theirs.p99_ms)} (bar {theirs.p99_ms:.1f} ms)"
    )


def _idle_lines(name: str, idle: IdleFigures) -> Iterator[str]:
    yield (
        f"- {name}: {idle.streams:,} idle streams: {idle.kilobytes_each:.1f} KB each,"
        f" {idle.connects_per_s:,.0f} connects/s, {idle.connections_left} connections left"
    )
    if name == PBPY:
        reached = idle.kilobytes_each <= _KILOBYTES_BAR
        yield f"- memory of an idle stream: {verdict(reached)} (bar {_KILOBYTES_BAR:.0f} KB)"
        reached = idle.connects_per_s >= _CONNECTS_BAR
        yield f"- connects: {verdict(reached)} (bar {_CONNECTS_BAR:.0f}/s)"


def _cycle_lines(name: str, cycles: CycleFigures) -> Iterator[str]:
    start, *after = (f"{kilobytes / 1024:.1f}" for kilobytes in cycles.kilobytes)
    yield (
        f"- {name}: {start} MB, after runs of {cycles.cycles:,} streams that came and went:"
        f" {', '.join(after)} MB; {cycles.connections_left} connections left"
    )
    if name == PBPY:
        grown = cycles.kilobytes[-1] - cycles.kilobytes[1]
        growth = grown / cycles.cycles / (len(cycles.kilobytes) - 2)
        reached = growth < _GROWTH_BAR and not cycles.connections_left
        yield (
            f"- growth after the first run {growth:.2f} KB per stream: {verdict(reached)}"
            f" (bar {_GROWTH_BAR} KB, no connection)"
        )
