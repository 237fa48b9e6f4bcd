"""The loop that both networks of a synthesizer are trained in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from diffusers.training_utils import EMAModel
from torch import nn

from ..errors import Cancelled, EngineError
from ..progress import Progress
from .checkpoint import Checkpoints, Losses, Standing

#: How often losses are noted in a training. Reading them makes a GPU wait.
NOTES = 60
#: Learning rate at the end, as a share of the highest.
LAST_RATE = 0.02
_LONGEST_GRADIENT = 1.0
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True)
class Plan:
    """How a network is trained.

    Attributes:
        stage: Its name in checkpoints.
        steps: How many.
        rate: Highest learning rate; it rises linearly and falls as a cosine.
        warm_up: Steps until it is reached.
        decay: Of the running mean of the weights.
        weight_decay: Of AdamW.
    """

    stage: str
    steps: int
    rate: float
    warm_up: int
    decay: float
    weight_decay: float

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        rising = min(1.0, (step + 1) / max(1, self.warm_up))
        falling = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, self.steps))))
        return self.rate * rising * (LAST_RATE + (1 - LAST_RATE) * falling)


def optimise(
    network: nn.Module,
    plan: Plan,
    losses_of: Callable[[int], torch.Tensor],
    describe: Callable[[tuple[float, ...]], str],
    checkpoints: Checkpoints,
    progress: Progress,
) -> Losses:
    """Train a network; afterwards its weights are their running mean.

    A step's randomness must depend on its number alone: then a training that goes on after a
    stop ends as one that never stopped.

    Args:
        network: On its device.
        plan: Steps and rates.
        losses_of: Gives the losses of a step, float32 ``(n,)``; the first is learnt from.
        describe: Says the noted losses to the user.
        checkpoints: Where to go on from, and where to note how far it is.
        progress: For a progress bar, and to cancel.

    Returns:
        The step and the mean losses since the last note.

    Raises:
        EngineError: if the losses are no longer finite.
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        parameters, lr=plan.rate, betas=(0.9, 0.99), weight_decay=plan.weight_decay, fused=True
    )
    average = EMAModel(parameters, decay=plan.decay, foreach=True)
    sums, first, notes = None, 0, []
    found = checkpoints.standing(plan.stage)
    if found is not None and not _fits(found, plan, parameters):
        checkpoints.refuse(plan.stage)
        found = None
    if found is not None:
        first, notes = found.step, list(found.losses)
        sums = _restore(found, parameters, optimiser, average)
    every = max(1, plan.steps // NOTES)
    message = describe(notes[-1][1:]) if notes else ""
    network.train()

    def standing(step: int) -> Standing:
        return Standing(step, tuple(notes), _state(parameters, optimiser, average, sums))

    step = first
    try:
        for step in range(first, plan.steps):
            progress.report(step / plan.steps, message)
            for group in optimiser.param_groups:
                group["lr"] = plan.rate_at(step)
            with torch.backends.cudnn.flags(enabled=True, deterministic=True):
                losses = losses_of(step)
                losses[0].backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, _LONGEST_GRADIENT)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            average.step(parameters)
            sums = losses.detach() if sums is None else sums + losses.detach()
            done = step + 1
            if done % every == 0 or done == plan.steps:
                count = every if done % every == 0 else done % every
                noted = tuple(float(value) / count for value in sums.tolist())
                if not all(math.isfinite(value) for value in noted):
                    raise EngineError(
                        f"The training of the {plan.stage} left the finite numbers at step {done}. "
                        "Check the scene for extreme values, or train with another seed."
                    )
                notes.append((float(done), *noted))
                message, sums = describe(noted), None
            if checkpoints.due:
                checkpoints.keep(plan.stage, standing(done))
    except Cancelled:
        checkpoints.keep(plan.stage, standing(step))
        raise
    if first < plan.steps:
        checkpoints.keep(plan.stage, standing(plan.steps))
    average.copy_to(parameters)
    network.eval()
    return tuple(notes)


def step_generator(device: torch.device, seed: int, stage: int, step: int) -> torch.Generator:
    """Return a generator for one step of one stage."""
    # an odd multiplier leaves steps of neighbouring seeds apart
    mixed = (seed * 0x9E3779B97F4A7C15 + stage * 0xBF58476D1CE4E5B9 + step) % (1 << 63)
    return torch.Generator(device).manual_seed(mixed)


def _state(
    parameters: list[nn.Parameter],
    optimiser: torch.optim.Optimizer,
    average: EMAModel,
    sums: torch.Tensor | None,
) -> dict[str, torch.Tensor]:
    tensors = {} if sums is None else {"sums": sums}
    for number, parameter in enumerate(parameters):
        tensors[f"weight{number}"] = parameter
        tensors[f"average{number}"] = average.shadow_params[number]
        held = optimiser.state[parameter]
        tensors |= {f"{name}{number}": held[name] for name in _MOMENTS if name in held}
    return tensors


def _fits(found: Standing, plan: Plan, parameters: list[nn.Parameter]) -> bool:
    """Return whether a standing holds all that ``_restore`` puts back."""
    if not 0 <= found.step <= plan.steps:
        return False
    moments = _MOMENTS if found.step else ()
    for number, parameter in enumerate(parameters):
        for name in ("weight", "average", *moments):
            held = found.tensors.get(f"{name}{number}")
            shape = torch.Size() if name == "step" else parameter.shape
            if held is None or held.shape != shape or not held.is_floating_point():
                return False
    return True


def _restore(
    found: Standing,
    parameters: list[nn.Parameter],
    optimiser: torch.optim.Optimizer,
    average: EMAModel,
) -> torch.Tensor | None:
    """Put everything back where it stood; return the sums of losses not yet noted."""
    average.optimization_step = found.step
    with torch.no_grad():
        for number, parameter in enumerate(parameters):
            parameter.copy_(found.tensors[f"weight{number}"])
            average.shadow_params[number].copy_(found.tensors[f"average{number}"])
            if found.step:
                optimiser.state[parameter] = {
                    name: found.tensors[f"{name}{number}"].to(parameter.device, copy=True)
                    for name in _MOMENTS
                }
    sums = found.tensors.get("sums")
    return None if sums is None else sums.to(parameters[0].device)
