"""Attention as shown, held against transformers' eager attentions, and against what attention must be."""

import contextlib
import dataclasses
import io

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, GPT2LMHeadModel

from playground import wire
from playground.inference.cards import CARDS
from playground.inference.engine import Engine
from playground.inference.models import ModelStore
from playground.text.attention import Watch, Watched, attention_weights, watched_for
from playground.text.attention_as_python import attention_as_python
from playground.text.attention_maps import MAP_BYTES, attention, block_size, levels_of, one_head, packed, weights_of
from playground.text.attention_settings import AttentionSettings, HeadSettings, PassageSettings
from playground.text.attention_tasks import ATTENTION, ONE_HEAD
from playground.text.passages import read_passage
from playground.text.rollout import attention_rollout, rollout, steps_of
from tests.playground.text.attention_models import DECODERS, KINDS, STORY, ask, eager, loaded

LONG = " ".join([STORY] * 12)  # three chunks of reading


def ids_of(frame):
    return [token["id"] for token in frame["tokens"]]


def types_of(frame):
    return {"token_type_ids": torch.tensor([frame["types"]])} if frame["types"] else {}


@pytest.mark.parametrize("text", [STORY, LONG], ids=["short", "in chunks"])
@pytest.mark.parametrize("model", KINDS)
def test_every_head_is_transformers_eager(model, text):
    first = ask(one_head, HeadSettings(text=text, model=model))
    expected = torch.stack(eager(model, ids_of(first), **types_of(first)).attentions)[:, 0].numpy()
    for layer, head in np.ndindex(first["layers"], first["heads"]):
        matrix = wire.decode(ask(one_head, HeadSettings(text=text, model=model, layer=layer, head=head))["matrix"])
        assert matrix.dtype == np.float32
        np.testing.assert_allclose(matrix, expected[layer, head], atol=1e-5)
        np.testing.assert_allclose(matrix.sum(-1), 1, atol=1e-4)
        assert not (first["causal"] and np.triu(matrix, 1).any())


@pytest.mark.parametrize("model", KINDS)
def test_means_of_a_layer_and_of_all(model):
    frame = ask(one_head, HeadSettings(text=STORY, model=model, layer=1, head=-1))
    expected = torch.stack(eager(model, ids_of(frame), **types_of(frame)).attentions)[:, 0].numpy()
    np.testing.assert_allclose(wire.decode(frame["matrix"]), expected[1].mean(0), atol=1e-5)
    frame = ask(one_head, HeadSettings(text=STORY, model=model, layer=-1))
    np.testing.assert_allclose(wire.decode(frame["matrix"]), expected.mean((0, 1)), atol=1e-5)


@pytest.mark.parametrize("model", KINDS)
def test_the_shared_model_is_left_as_it_was(model):
    original = loaded(model).model
    before = (original.config._attn_implementation, original.config.output_attentions)
    modules = list(original.modules())
    watched = watched_for(loaded(model))
    ask(attention, AttentionSettings(text=STORY, model=model))
    assert (original.config._attn_implementation, original.config.output_attentions) == before
    assert list(original.modules()) == modules and not any(part._forward_hooks for part in modules)
    ours = dict(watched.model.named_parameters())
    assert all(ours[name] is weight for name, weight in original.named_parameters())  # no second copy of the weights


def test_only_the_layers_asked_for_are_looked_at():
    watched, seen = watched_for(loaded("llama")), []
    passage = read_passage(loaded("llama"), PassageSettings(text=LONG))
    for _ in watched.read([passage], Watch([1], lambda look: seen.append((look.layer, look.start)))):
        pass
    assert seen == [(1, 0), (1, 128), (1, 256)]


def test_two_readers_do_not_see_each_others_heads():
    """Between two chunks of one, another text is read by the same watched copy."""
    watched, seen = watched_for(loaded("gpt2")), {"a": [], "b": []}
    passage = read_passage(loaded("gpt2"), PassageSettings(text=LONG))
    first, second = (
        watched.read([passage], Watch([layer], lambda look, who=who: seen[who].append(look.layer)))
        for who, layer in (("a", 0), ("b", 2))
    )
    next(first)
    for _ in second:
        pass
    for _ in first:
        pass
    assert seen == {"a": [0] * 3, "b": [2] * 3}


# ---------------------------------------------------------------- all heads at once


def unpacked(levels, side, causal):
    """The matrices (…, side, side) that a page makes of a packed row: written out as plainly as can be."""
    matrices = np.zeros((*levels.shape[:-1], side, side), levels.dtype)
    for i in range(side):
        for j in range(i + 1 if causal else side):
            matrices[..., i, j] = levels[..., i * (i + 1) // 2 + j if causal else i * side + j]
    return matrices


@pytest.mark.parametrize("model", KINDS)
def test_maps_are_the_weights_in_256_levels(model):
    frame = ask(attention, AttentionSettings(text=STORY, model=model, layer=2, head=3))
    maps, side = frame["maps"], frame["maps"]["side"]
    assert (maps["block"], side) == (1, len(frame["tokens"]))
    expected = torch.stack(eager(model, ids_of(frame), **types_of(frame)).attentions)[:, 0].numpy()
    weights = weights_of(unpacked(wire.decode(maps["levels"]), side, frame["causal"]))
    assert (np.abs(weights - expected) <= 0.004 * np.sqrt(expected) + 1e-5).all()
    opened = unpacked(wire.decode(frame["open"]["weights"]), side, frame["causal"])
    np.testing.assert_allclose(opened, expected[2, 3], atol=1e-5)


def test_maps_of_a_long_text_hold_the_largest_weight_of_each_block(monkeypatch):
    monkeypatch.setattr("playground.text.attention_maps.MAP_BYTES", 3 * 4 * 40 * 41 // 2)
    frame = ask(attention, AttentionSettings(text=LONG, model="gpt2"))
    maps, T = frame["maps"], len(frame["tokens"])
    assert T > 128 and maps["block"] == -(-T // 40) and maps["side"] == -(-T // maps["block"])
    expected = torch.stack(eager("gpt2", ids_of(frame)).attentions)[:, 0]
    cells = unpacked(wire.decode(maps["levels"]), maps["side"], True)
    levels = levels_of(expected).numpy()
    for i, j in np.ndindex(maps["side"], maps["side"]):
        rows, columns = (slice(n * maps["block"], (n + 1) * maps["block"]) for n in (i, j))
        largest = levels[:, :, rows, columns].max((-1, -2))
        assert (np.abs(cells[:, :, i, j].astype(int) - largest) <= (1 if j <= i else 0)).all()


@pytest.mark.parametrize(("layers", "heads", "length"), [(12, 12, 128), (30, 9, 1024), (1, 1, 1), (6, 8, 256)])
def test_maps_never_outgrow_their_size(layers, heads, length):
    block = block_size(layers, heads, length, causal=True)
    side = -(-length // block)
    assert layers * heads * side * (side + 1) // 2 <= MAP_BYTES
    assert block == 1 or layers * heads * length * (length + 1) // 2 > MAP_BYTES


@pytest.mark.parametrize("causal", [True, False])
def test_packing_loses_nothing(causal):
    matrices = np.random.default_rng(0).random((2, 3, 7, 7))
    matrices = np.tril(matrices) if causal else matrices
    assert np.array_equal(unpacked(packed(matrices, causal), 7, causal), matrices)


@pytest.mark.parametrize("model", DECODERS)
def test_rows_of_written_tokens_are_those_of_the_finished_text(model):
    frame = ask(attention, AttentionSettings(text=STORY, model=model, layer=1, head=2, new_tokens=9))
    ids = ids_of(frame)
    assert len(ids) == frame["read"] + 9
    done = eager(model, ids)
    expected = done.logits[0].argmax(-1)
    assert ids[frame["read"] :] == expected[frame["read"] - 1 : -1].tolist()  # each is the likeliest
    opened = unpacked(wire.decode(frame["open"]["weights"]), len(ids), True)
    np.testing.assert_allclose(opened, done.attentions[1][0, 2].numpy(), atol=1e-5)


def test_writing_ends_with_the_text():
    """The model says its end after the first token: that is told, with its row, and nothing after it."""
    ids = ids_of(ask(attention, AttentionSettings(text=STORY, model="gpt2", new_tokens=1)))
    ending = dataclasses.replace(loaded("gpt2"), eos_ids=(ids[-1],))
    frame = ask(attention, AttentionSettings(text=STORY, model="gpt2", new_tokens=20), gpt2=ending)
    assert ids_of(frame) == ids and frame["maps"]["side"] == len(ids)


def test_an_encoder_tells_its_two_texts_apart():
    frame = ask(attention, AttentionSettings(text="once upon a time", second="a little hen", model="bert"))
    alone = loaded("bert").tokenizer("once upon a time", "a little hen")
    assert ids_of(frame) == alone["input_ids"] and frame["types"] == alone["token_type_ids"]
    assert [frame["tokens"][n]["text"] for n in frame["markers"]] == ["[CLS]", "[SEP]", "[SEP]"]


# ---------------------------------------------------------------- rollout


@pytest.mark.parametrize("model", KINDS)
def test_rollout_is_the_plain_product_and_its_rows_sum_to_one(model):
    frame = ask(attention_rollout, PassageSettings(text=STORY, model=model))
    layers = [layer[0].mean(0) for layer in eager(model, ids_of(frame), **types_of(frame)).attentions]
    T = len(frame["tokens"])
    reached, through = [[float(i == j) for j in range(T)] for i in range(T)], []
    for A in (layer.tolist() for layer in layers):
        mixed = [[(A[i][j] + (i == j)) / 2 for j in range(T)] for i in range(T)]
        reached = [[sum(mixed[i][k] * reached[k][j] for k in range(T)) for j in range(T)] for i in range(T)]
        through.append(reached)
    ours = wire.decode(frame["rollout"])
    np.testing.assert_allclose(ours, reached, atol=1e-5)
    np.testing.assert_allclose(ours.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(wire.decode(frame["mean"]), torch.stack(layers).mean(0), atol=1e-5)
    assert frame["through"]["layers"] == [0, 1, 2]
    means = [(sum(layers[: n + 1]) / (n + 1)).tolist() for n in range(3)]
    for name, expected in (("rollout", through), ("mean", means)):
        steps = unpacked(wire.decode(frame["through"][name]), T, frame["causal"])
        np.testing.assert_allclose(steps, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("room", "layers", "dtype"), [(2, [0, 1, 2], "float16"), (1, [0, 1, 2], "uint8"), (0.7, [0, 2], "uint8")]
)
def test_rollout_travels_as_exactly_as_there_is_room(monkeypatch, room, layers, dtype):
    """`room`: bytes for each weight of the three layers' rollouts and means."""
    exact = ask(attention_rollout, PassageSettings(text=STORY, model="gpt2"))
    T = len(exact["tokens"])
    monkeypatch.setattr("playground.text.rollout.MAP_BYTES", int(room * 2 * 3 * T * (T + 1) / 2))
    through = ask(attention_rollout, PassageSettings(text=STORY, model="gpt2"))["through"]
    assert through["layers"] == layers and through["rollout"]["dtype"] == dtype
    for name in ("rollout", "mean"):
        steps = wire.decode(through[name])
        steps = weights_of(steps) if dtype == "uint8" else steps
        np.testing.assert_allclose(steps, wire.decode(exact["through"][name])[layers], atol=0.005)


@pytest.mark.parametrize(
    ("layers", "length", "causal"), [(6, 256, True), (30, 256, True), (12, 512, False), (48, 1024, True)]
)
def test_the_last_layers_rollout_always_travels(layers, length, causal):
    kept, exactly = steps_of(layers, length, causal)
    cells = length * (length + 1) // 2 if causal else length**2
    assert kept[-1] == layers - 1 and kept == sorted(set(kept))
    assert 2 * len(kept) * cells * np.dtype(exactly).itemsize <= MAP_BYTES


def test_rollout_without_attention_elsewhere_stays_where_it_is():
    assert all(torch.equal(reached, torch.eye(5)) for reached in rollout([torch.eye(5)] * 4))


# ---------------------------------------------------------------- the functions themselves


def test_weights_of_a_query_are_softmax_over_what_it_sees():
    q, k = torch.tensor([[1.0, 0.0]]), torch.tensor([[2.0, 0.0], [0.0, 0.0], [9.0, 9.0]])
    weights = attention_weights(q, k, 0.5, torch.tensor([[True, True, False]]))
    e = np.e
    assert weights.tolist() == [pytest.approx([e / (e + 1), 1 / (e + 1), 0])]


def test_through_the_engine_a_real_model_is_transformers_eager():
    engine = Engine(ModelStore())
    try:
        *_, event = engine.frames(engine.submit(ONE_HEAD, HeadSettings(text="Once upon a time", layer=3, head=5)))
        *_, many = engine.frames(engine.submit(ATTENTION, AttentionSettings(text="Once upon a time")))
    finally:
        engine.close()
    assert event.error is None and many.error is None, (event.error, many.error)
    folder = "playground/weights/tales"
    ids = AutoTokenizer.from_pretrained(folder)("Once upon a time", return_tensors="pt").input_ids
    model = GPT2LMHeadModel.from_pretrained(folder, attn_implementation="eager")
    with torch.inference_mode():
        expected = model(ids, output_attentions=True).attentions[3][0, 5].numpy()
    np.testing.assert_allclose(wire.decode(event.frame["matrix"]), expected, atol=1e-5)


def test_a_watched_copy_gives_the_models_own_logits():
    for name in KINDS:
        ids = torch.arange(3, 9)[None]
        with torch.inference_mode():
            torch.testing.assert_close(Watched(loaded(name).model)(ids).logits, loaded(name).model(ids).logits)


@pytest.mark.parametrize(
    ("settings", "model"),
    [
        (HeadSettings(text="Once upon a time", layer=2, head=3), "tales"),
        (HeadSettings(text='Once\n\'"""{x}\\', layer=1, head=-1), "tales"),
        (HeadSettings(text="the fox", second="the bear", layer=-1, model="tales-bert"), "tales-bert"),
    ],
    ids=["a head", "a layer's mean", "an encoder's mean of all"],
)
def test_the_copied_program_prints_the_same_matrix(settings, model):
    engine = Engine(ModelStore())
    try:
        *_, event = engine.frames(engine.submit(ONE_HEAD, settings))
    finally:
        engine.close()
    frame, card = event.frame, next(card for card in CARDS if card.id == model)
    program = attention_as_python(settings, card, f"playground/weights/{model}", frame)
    said, names = io.StringIO(), {}
    with contextlib.redirect_stdout(said):
        exec(program, names)
    np.testing.assert_allclose(names["matrix"].numpy(), wire.decode(frame["matrix"]), atol=1e-5)
    assert len(said.getvalue().splitlines()) == len(frame["tokens"])
