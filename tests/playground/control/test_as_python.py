"""The program that "copy as Python" gives trains the same agent, far from here."""

import re
import subprocess
import sys

import pytest

from playground.control.as_python import as_python
from playground.control.settings import ALGORITHMS, TrainSettings
from playground.control.stored import stored
from playground.control.training import train_cartpole
from playground.frames import append
from playground.inference.control import Control

ALONE = ["-I", "-c", "import sys; sys.modules['playground'] = None; exec(sys.stdin.read())"]


@pytest.mark.parametrize("algorithm", ["ppo", "q_learning"])
def test_it_makes_the_same_agent_without_this_project(algorithm, tmp_path):
    settings = TrainSettings(algorithm=algorithm, seed=8, max_steps=5000, gravity=12.0)
    ran = subprocess.run(
        [sys.executable, *ALONE], input=as_python(settings), cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    told = append([frame for frame in train_cartpole(settings, Control(settings)) if frame])
    judged = [(int(step), float(mean)) for step, mean in re.findall(r"step +(\d+) +greedy return ([\d.]+)", ran.stdout)]
    assert judged == [(e["step"], round(e["greedy_return"], 1)) for e in told["evaluations"]]
    for name, array in stored_arrays(told["checkpoint"]).items():
        assert f"{name} {array.shape}, mean {array.mean():.6f}" in ran.stdout


def stored_arrays(checkpoint):
    from playground.control.policies import arrays

    return arrays(stored(checkpoint).policy)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_is_a_program(algorithm):
    program = as_python(TrainSettings(algorithm=algorithm))
    compile(program, "program", "exec")
    assert "playground." not in re.sub(r"#.*", "", program)
