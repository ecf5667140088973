"""Live training: the same settings give the same frames, a checkpoint goes on as if there had been no end, and every
end keeps what was made."""

import functools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from playground import checkpoints, wire
from playground.checkpoints import CHECKPOINTS
from playground.errors import ModelError, SettingError
from playground.images import gan_file, gan_frames
from playground.images.gan_pace import Pace
from playground.images.gan_players import Players
from playground.images.gan_settings import PRESETS, STEERABLE, FileSettings, GanSettings
from playground.images.gan_start import load_gan
from playground.images.gan_tasks import TRAIN_GAN
from playground.images.gan_training import train_gan
from playground.inference.control import Control, replay
from playground.inference.engine import Engine

QUICK = {"channels": 16, "batch_size": 4, "latent_size": 4}
CURVE = ("step", "d_loss", "g_loss", "d_real", "d_fake")


def played(settings: GanSettings, log=()) -> list[dict]:
    return list(replay(train_gan, settings, list(log)))


def whole(settings: GanSettings, log=()) -> dict:
    return TRAIN_GAN.conclude(settings, played(settings, log), "length")


@functools.cache
def run(**values) -> dict:
    return whole(GanSettings(**QUICK | values))


EACH = [{"step": 0, "pause": True}]  # as when every step is asked for: then each is a frame


def test_the_same_seed_gives_the_same_frames():
    settings = GanSettings(**QUICK, steps=4, seed=3)
    assert played(settings) == played(settings)
    assert played(settings)[-1]["samples"] != run(steps=4, seed=4)["samples"]


def test_frames_say_what_they_promise():
    frames = played(GanSettings(**QUICK, steps=3), EACH)
    assert [frame["step"] for frame in frames] == [0, 1, 2, 3, 3]
    assert frames[0]["curve"]["step"] == [] and frames[0]["start"] == 0
    for n, frame in enumerate(frames[1:4]):
        assert frame["start"] == n and frame["curve"]["step"] == [n + 1]
        assert all(math.isfinite(frame["curve"][name][0]) for name in CURVE)
        assert wire.decode(frame["samples"]).shape == (64, 28, 28) and len(frame["scores"]) == 64
        assert frame["digits"] == [i % 10 for i in range(64)] and all(0 <= p <= 1 for p in frame["scores"])
        assert len(json.dumps(frame)) < 100_000


def test_a_late_viewer_gets_the_whole_curve_and_the_last_frame_the_history():
    settings = GanSettings(**QUICK, steps=5)
    frames = played(settings, EACH)
    late = TRAIN_GAN.merge(frames[:4])
    assert late["start"] == 0 and late["curve"]["step"] == [1, 2, 3] and late["samples"] == frames[3]["samples"]
    last = TRAIN_GAN.conclude(settings, frames, "length")
    assert last["curve"]["step"] == [1, 2, 3, 4, 5] and last["history"]["steps"] == [0, 1, 2, 3, 4, 5]
    samples = wire.decode(last["history"]["samples"])
    assert samples.shape == (6, 64, 28, 28)
    assert np.abs(samples[-1].astype(int) - wire.decode(frames[-1]["samples"])).max() <= 9  # half a level of grey


def test_the_history_of_a_long_run_is_bounded():
    """Static is the worst that can be told: nothing of it compresses."""
    static = wire.encode(np.random.default_rng(0).integers(0, 256, (64, 28, 28), dtype=np.uint8))
    frames = [
        {"step": n, "start": n, "curve": {name: [n + 0.1 / 3] for name in CURVE} | {"step": [n]}, "samples": static}
        for n in range(1500)
    ]
    last = gan_frames.conclude(GanSettings(), frames, "length")
    assert len(last["history"]["steps"]) == gan_frames.MOMENTS and last["history"]["steps"][-1] == 1499
    assert len(last["curve"]["step"]) == gan_frames.POINTS and last["curve"]["step"][::999] == [0, 1499]
    assert len(json.dumps(last)) < 2_000_000  # digits take a third of it
    assert gan_frames.conclude(GanSettings(), [], "stopped") is None


def test_a_checkpoint_goes_on_as_if_there_had_been_no_end():
    end = run(steps=6)
    half = run(steps=3)
    rest = run(steps=3, start=half["checkpoint"]["id"])
    assert half["checkpoint"]["step"] == 3 and rest["step"] == 6
    assert rest["samples"] == end["samples"] and rest["scores"] == end["scores"]


def test_a_start_that_cannot_be_is_refused():
    start = run(steps=3)["checkpoint"]["id"]
    with pytest.raises(SettingError, match=r"latent_size is 5, but the networks of gan-.* were made with 4"):
        played(GanSettings(**QUICK | {"latent_size": 5}, start=start))
    with pytest.raises(ModelError, match="gan-nothing is not kept"):
        played(GanSettings(**QUICK, start="gan-nothing"))


def test_a_checkpoint_that_is_replaced_is_let_go():
    kept = checkpoints.Checkpoints()
    told = kept.keep("gan", GanSettings(), (), 1, {"weights": torch.zeros(2)})
    kept.drop(told["id"])
    kept.drop(told["id"])
    with pytest.raises(ModelError):
        kept.get(told["id"], "gan")


def test_a_log_replays_the_run():
    settings = GanSettings(**QUICK, steps=6)
    control, log = Control(settings), [{"step": 3, "set": {"learning_rate_g": 0.5, "loss": "least_squares"}}]
    frames = []
    for frame in train_gan(settings, control):
        control.step += 1
        if control.step == 3:
            control.deliver({"set": log[0]["set"]})
        frames.append(frame)
    steered = [frame for frame in frames if frame is not None]
    assert steered == played(settings, log)
    assert steered[-1]["log"] == [{"step": 2, "learning_rate_g": 0.5, "loss": "least_squares"}]
    assert steered[-1]["samples"] != run(steps=6)["samples"]
    assert set(STEERABLE) <= set(GanSettings().as_dict()) and TRAIN_GAN.steerable == STEERABLE


def test_stopped_at_step_0_it_shows_the_untrained_samples():
    settings = GanSettings(**QUICK, steps=50)
    control = Control(settings)
    control.reason = "stopped"
    frames = [frame for frame in train_gan(settings, control) if frame is not None]
    assert frames[-1]["step"] == 0 and frames[-1]["checkpoint"]["step"] == 0
    last = TRAIN_GAN.conclude(settings, frames, "stopped")
    assert last["samples"] == frames[0]["samples"] and last["history"]["steps"] == [0]


def test_stopped_in_the_middle_of_a_step_it_is_as_if_that_had_not_begun():
    settings = GanSettings(channels=16, latent_size=4, batch_size=256, d_updates=4, steps=3, seed=2)
    assert Pace(settings).slow
    control = Control(settings)
    units = train_gan(settings, control)
    while next(units) is None:
        pass
    assert not any(next(units) for _ in range(4 + 1 + 2))  # a whole step, and two updates of D
    control.deliver({"stop": "stopped"})
    stopped = next(units)
    assert stopped["checkpoint"]["step"] == 1 and next(units, None) is None
    once = played(replace(settings, steps=1))[-1]
    a, b = (CHECKPOINTS.get(frame["checkpoint"]["id"], "gan").state for frame in (stopped, once))
    for part in ("g", "d", "shown"):
        assert all(torch.equal(a[part][name], b[part][name]) for name in a[part])
    assert torch.equal(a["rng"], b["rng"])
    steps = [state["d_optimizer"]["state"][0]["step"].item() for state in (a, b)]
    assert steps == [4, 4]


def test_numbers_that_are_none_end_the_run_with_a_sentence_and_keep_the_last_good_frame():
    """A D that gives logits of 10²⁰, whose squares no float32 holds, in a file that is well formed."""
    settings = GanSettings(**QUICK, labels=False, spectral_norm=False, loss="least_squares", steps=9)
    state = Players(settings).state()
    state["d"] = {name: torch.full_like(weights, 6e4) for name, weights in state["d"].items()}
    file = wire.encode(np.frombuffer(gan_file.written(settings, 7, state), np.uint8))
    (loaded,) = load_gan(FileSettings(file=file), Control(settings))
    engine = Engine()
    try:
        ticket = engine.submit(TRAIN_GAN, replace(settings, start=loaded["checkpoint"]["id"]))
        *_, last = engine.frames(ticket)
    finally:
        engine.close()
    assert last.reason == "error" and "infinite or undefined" in str(last.error)
    assert wire.decode(last.frame["samples"]).shape == (64, 28, 28) and last.frame["step"] == 7
    assert last.frame["history"]["steps"] == [7]


def test_the_judge_looks_now_and_then():
    log = [{"step": 0, "pause": True}, {"step": 9, "resume": True}]
    frames = played(GanSettings(**QUICK, steps=11), log)
    judged = frames[-1]["judged"]
    assert judged["step"] == 8 and judged["frechet"] > judged["floor"] > 0
    assert sum(judged["class_histogram"]) == 500 and 0 <= judged["entropy"] <= 1 and 0 < judged["confidence"] <= 1
    assert TRAIN_GAN.merge(frames)["judged_history"] == [judged]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate_g", math.nan),
        ("learning_rate_d", math.inf),
        ("batch_size", 0),
        ("batch_size", 257),
        ("steps", 0),
        ("steps", 20_001),
        ("latent_size", 1),
        ("d_updates", 11),
        ("labels", "yes"),
        ("loss", "wasserstein"),
        ("channels", 48),
        ("start", None),
    ],
)
def test_bad_settings_are_refused_by_name(field: str, value: object):
    with pytest.raises(SettingError, match=f"^{field}"):
        GanSettings(**{field: value})


def test_presets_are_settings_and_the_first_is_the_default():
    assert next(iter(PRESETS)) == "dcgan" and GanSettings(**PRESETS["dcgan"]) == GanSettings()
    assert len({GanSettings(**values) for values in PRESETS.values()}) == len(PRESETS)


def test_static_is_learned_as_static():
    """`real_images = np.random.rand(…)`: the run says so at once."""
    settings = GanSettings(**QUICK, steps=1, data="noise")
    assert [told["key"] for told in played(settings)[-1]["diagnoses"]] == ["gan_noise_data"]
