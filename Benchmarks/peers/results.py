"""Results and tables."""

import math
import statistics
from dataclasses import asdict, dataclass, field

from contender import LATENCY, OURS


@dataclass
class Samples:
    """One measurement of a contender per round."""

    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    def text(self) -> str:
        """Median, minimum and maximum as text."""
        digits = 1 if self.median < 1000 else 0
        return (f"{self.median:,.{digits}f} "
                f"({min(self.samples):,.{digits}f}–{max(self.samples):,.{digits}f})")


@dataclass
class Comparison:
    """One measure of one network with all contenders."""

    network: str
    measure: str
    contenders: dict[str, Samples]
    reference: str | None = None
    disturbance: float = 0.0
    """The mean fraction of the cores that other processes used."""

    @property
    def is_latency(self) -> bool:
        return self.measure.startswith(LATENCY)

    @property
    def peer(self) -> str | None:
        """The contender to compare with: the reference, or else the fastest."""
        peers = {name: samples.median for name, samples in self.contenders.items()
                 if name != OURS}
        if self.reference or not peers:
            return self.reference if self.reference in peers else None
        best = min if self.is_latency else max
        return best(peers, key=peers.__getitem__)

    @property
    def ratio(self) -> float | None:
        """Pinion's speed relative to the peer."""
        peer = self.peer
        if peer is None or OURS not in self.contenders:
            return None
        ours, theirs = self.contenders[OURS].median, self.contenders[peer].median
        return theirs / ours if self.is_latency else ours / theirs

    def as_json(self) -> dict:
        """The comparison as JSON."""
        return {
            "network": self.network, "measure": self.measure, "peer": self.peer,
            "ratio": self.ratio, "disturbance": self.disturbance,
            "contenders": {
                name: {"median": entry.median, "minimum": min(entry.samples),
                       "maximum": max(entry.samples), **asdict(entry)}
                for name, entry in self.contenders.items()},
        }


def geometric_means(comparisons: list[Comparison]) -> dict[str, float]:
    """Geometric means of the ratios, by measure."""
    logarithms: dict[str, list[float]] = {}
    for comparison in comparisons:
        if comparison.ratio:
            values = logarithms.setdefault(comparison.measure, [])
            values.append(math.log(comparison.ratio))
    return {measure: math.exp(statistics.fmean(values))
            for measure, values in logarithms.items()}


def title(measure: str) -> str:
    """The display name of a measure."""
    if measure.startswith(LATENCY):
        return f"One image, µs, {measure.removeprefix(LATENCY)} thread(s)"
    return {"train": "Training, images/s", "predict": "Prediction, images/s"}[measure]


def markdown(comparisons: list[Comparison]) -> str:
    """One table per measure: medians (minimum–maximum) and ratios."""
    lines: list[str] = []
    means = geometric_means(comparisons)
    for measure in dict.fromkeys(entry.measure for entry in comparisons):
        rows = [entry for entry in comparisons if entry.measure == measure]
        names = list(dict.fromkeys(name for row in rows for name in row.contenders))
        columns = ["network", *names, "ratio", "to", "used by others"]
        lines += ["", f"## {title(measure)}", "", "| " + " | ".join(columns) + " |",
                  "|---|" + "---|" * (len(names) + 3)]
        for row in rows:
            cells = [row.contenders[name].text() if name in row.contenders else "–"
                     for name in names]
            ratio = f"**{row.ratio:.2f}**" if row.ratio else "–"
            cells += [ratio, row.peer or "–", f"{row.disturbance:.0%}"]
            lines.append(f"| {row.network} | " + " | ".join(cells) + " |")
        if measure in means:
            lines.append(f"\nGeometric mean of the ratios: **{means[measure]:.2f}**")
    return "\n".join(lines) + "\n"
