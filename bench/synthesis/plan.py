"""What is compared, and in which order it runs: what says most comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from bench.accuracy.store import Unit

from .long_tail import RARE

#: What a class that lacks labels is given, in the order of the tables.
CHEAP = ("none", "weights", "oversampling", "smote", "mixup", "noise")
OURS = ("coarse", "fine")
ARMS = (*CHEAP, "vae", *OURS)
TITLES = {
    "none": "nothing",
    "weights": "class weights",
    "oversampling": "oversampling",
    "smote": "SMOTE",
    "mixup": "mixup",
    "noise": "spectral noise",
    "vae": "autoencoder's samples",
    "coarse": "ours, coarse prompts",
    "fine": "ours, fine prompts",
}
CLASSIFIERS = {"svm": "SVM on spectra", "cnn": "2-D CNN on patches", "film": "FiLM, default"}
#: The engine weighs classes by itself, half way to balance: class weights, oversampling and mixup
#: have no place in it.
FILM_ARMS = ("none", "fine", "smote", "vae", "coarse", "noise")
#: The number of labels that ablations and the engine's own classifier are measured with.
MIDDLE = RARE[1]
BALANCES = (0.25, 0.5, 1.0)
GUIDANCES = (1.0, 2.0, 4.0, 7.0)
#: Parts of the method that can be switched off, by the name of their setting.
PARTS = {"clipping": "without RPSC", "uncertainty": "without LF-UE", "unlabelled": "labelled only"}


@dataclass(frozen=True)
class Method:
    """One way to classify a scene with rare classes.

    Attributes:
        classifier: One of ``CLASSIFIERS``.
        arm: One of ``ARMS``.
        balance: λ, how far classes are balanced.
        guidance: ω; None for the engine's default.
        without: A part of the method that is switched off; empty for none.
    """

    classifier: str
    arm: str
    balance: float = 1.0
    guidance: float | None = None
    without: str = ""

    @property
    def name(self) -> str:
        """Return what it is called in results."""
        parts = [self.classifier, self.arm]
        if self.balance != 1.0:
            parts.append(f"balance={self.balance:g}")
        if self.guidance is not None:
            parts.append(f"guidance={self.guidance:g}")
        if self.without:
            parts.append(f"without={self.without}")
        return "/".join(parts)

    @classmethod
    def of_name(cls, name: str) -> Method:
        """Return the method of a name."""
        classifier, arm, *rest = name.split("/")
        options = dict(part.split("=") for part in rest)
        return cls(
            classifier,
            arm,
            float(options.get("balance", 1)),
            float(options["guidance"]) if "guidance" in options else None,
            options.get("without", ""),
        )

    @property
    def synthesizer(self) -> str:
        """Return which synthesizer it needs: its prompts and what it lacks; empty for none."""
        if self.arm in CHEAP:
            return ""
        return "coarse" if self.arm == "coarse" else f"fine{self.without and '-' + self.without}"


@dataclass(frozen=True)
class Task:
    """Runs of one scene and split that share a synthesizer, for one process.

    Attributes:
        stage: What they are for.
        scene: Its name.
        labels: Training labels of rare classes.
        draw: Seed of everything.
        methods: What runs, in this order.
    """

    stage: str
    scene: str
    labels: int
    draw: int
    methods: tuple[Method, ...]

    @property
    def units(self) -> list[Unit]:
        """Return the runs."""
        return [Unit(self.scene, self.draw, self.labels, m.name) for m in self.methods]

    def only(self, patterns: Sequence[str]) -> Task:
        """Return the task with those of its methods whose names fit a pattern."""
        kept = (m for m in self.methods if any(fnmatch(m.name, p) for p in patterns))
        return replace(self, methods=tuple(kept))


#: What is run, and how many draws of ``cheap`` come before the first of it: an early stop leaves
#: some of everything.
STAGES = {"cheap": 0, "core": 0, "film": 1, "labels": 2, "ablations": 3}


def tasks(scenes: Sequence[str], draws: int, stages: Sequence[str] = tuple(STAGES)) -> list[Task]:
    """Return all tasks, in their order.

    Args:
        scenes: Names.
        draws: Seeds of every setting.
        stages: Some of ``STAGES``.
    """
    makers = {
        "cheap": lambda: _both((MIDDLE,), CHEAP),
        "core": lambda: _synthetic((MIDDLE,)),
        "film": _film,
        "labels": _other_labels,
        "ablations": _ablations,
    }
    found = [
        (start + draw, Task(stage, scene, labels, draw, methods))
        for stage, start in STAGES.items()
        if stage in stages
        for draw in range(draws)
        for labels, methods in makers[stage]()
        for scene in scenes
    ]
    return [task for _, task in sorted(found, key=lambda pair: pair[0])]


_Batches = Iterator[tuple[int, tuple[Method, ...]]]


def _both(counts: Sequence[int], arms: Sequence[str]) -> _Batches:
    for labels in counts:
        yield labels, tuple(Method(c, arm) for c in ("svm", "cnn") for arm in arms)


def _synthetic(counts: Sequence[int]) -> _Batches:
    for arms in (("fine", "vae"), ("coarse",)):
        yield from _both(counts, arms)


def _other_labels() -> _Batches:
    others = tuple(labels for labels in RARE if labels != MIDDLE)
    yield from _both(others, CHEAP)
    yield from _synthetic(others)


def _film() -> _Batches:
    yield MIDDLE, tuple(Method("film", arm) for arm in FILM_ARMS)


def _ablations() -> _Batches:
    both = ("svm", "cnn")
    yield (
        MIDDLE,
        (
            *(Method(c, "fine", guidance=g) for g in GUIDANCES for c in both),
            *(
                Method(c, arm, balance=b)
                for arm in ("fine", "smote", "noise")
                for b in BALANCES
                if b != 1
                for c in both
            ),
        ),
    )
    for part in PARTS:
        yield MIDDLE, tuple(Method(c, "fine", without=part) for c in both)
