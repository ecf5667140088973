"""Copy as Python: a program of its own that carries the same noise to the same points, by all three paths.

It is put together from the playground's own source, the functions that the run on screen runs; the samplers are
diffusers'.
"""

from __future__ import annotations

import inspect

from playground.images.diffusion_as_python import walk_as_python
from playground.images.point_flow_settings import PATHS, FlowSettings

HEAD = '''"""Made by AIGC Playground. Needs: pip install diffusers[torch]

Three small networks learn to carry noise to the same points. Where each noise ends is written to a file for each path.
"""
from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import torch
from diffusers import DDPMScheduler, {scheduler}
from torch import Tensor, nn

torch.set_num_threads(1)  # a sum that is split over threads rounds differently
settings = SimpleNamespace(
{settings}
)
{constants}
'''
DATA = '''
def data_set(name: str, numbers: list[float], rng: torch.Generator) -> Tensor:
    """(N, 2)."""
    return {points}
'''
TAIL = """
networks = {{}}
for settings.path in {paths!r}:
    learner = Learner(settings)
    for n in range(learner.updates):
        if n == settings.updates:  # reflow's second round
            finished(learner.pair())
        learner.update(n)
    networks[settings.path] = learner.averaged

rng = torch.Generator().manual_seed(settings.seed)
noise = torch.randn(POINTS, 2, generator=rng)
ends = {{path: finished(straight(networks[path], noise, settings.steps))[0][-1] for path in ("flow", "reflow")}}

schedule = DDPMScheduler(
    {times}, beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", clip_sample=False
)
angles = schedule.alphas_cumprod.sqrt().arccos() * 2 / math.pi  # where on the quarter circle each time is
scheduler = {scheduler}.from_config(schedule.config, {options})
scheduler.set_timesteps({steps}){exact}
x = noise * scheduler.init_noise_sigma
with torch.no_grad():
    for t in scheduler.timesteps:
        low = int(t)
        angle = torch.lerp(angles[low], angles[min(low + 1, {times} - 1)], float(t) - low)
        v = networks["diffusion"](scheduler.scale_model_input(x, t), angle.expand(len(x))){stride}
        x = scheduler.step(v, t, x{extra}).prev_sample
ends["diffusion"] = x

for path, points in ends.items():
    rows = [f"{{across}},{{up}}" for across, up in (points / SCALE).tolist()]
    Path(f"{{path}}.csv").write_text("\\n".join(["x,y", *rows, ""]))
"""
CONSTANTS = (
    *("SCALE", "POINTS", "PLACES", "REACH", "PAIRS", "PAIRED_AT_ONCE", "PAIRING_STEPS", "EVALUATIONS", "WAVES"),
    "AVERAGE",
)


def point_flows_as_python(settings: FlowSettings) -> str:
    """The program. Raises SettingError for a drawing that is none."""
    from playground.images import point_flows, points
    from playground.inference.units import finished

    made = [points.on_circle, points.blur, points.SETS[settings.data]] if settings.data in points.SETS else []
    if not made:
        points.drawn(settings.drawn)
    constants = {name: getattr(point_flows, name) for name in CONSTANTS} | {"BLUR": points.BLUR, "N": points.N}
    walk = walk_as_python(settings.sampler, settings.steps, 0.0, "rng")
    head = HEAD.format(
        scheduler=walk["scheduler"],
        settings="\n".join(f"    {name}={value!r}," for name, value in settings.as_dict().items()),
        constants="\n".join(f"{name} = {value!r}" for name, value in constants.items()),
    )
    asked = f"{made[-1].__name__}(N, rng).clamp(-1, 1)" if made else "torch.tensor(numbers).view(-1, 2)"
    parts = [*made, point_flows.Velocity, point_flows.on_path, point_flows.Learner, point_flows.straight, finished]
    tail = TAIL.format(paths=PATHS, times=point_flows.TIMES, **walk)
    return "\n\n".join([head, DATA.format(points=asked), *map(inspect.getsource, parts), tail])
