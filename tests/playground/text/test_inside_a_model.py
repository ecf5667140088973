"""The logit lens, one block, one query and the order of words: held against transformers and plain arithmetic."""

import math

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from playground import wire
from playground.text.attention_settings import OrderSettings, PassageSettings, QuerySettings, ToySettings
from playground.text.block_stops import one_block
from playground.text.logit_lens import logit_lens
from playground.text.passages import make_passage
from playground.text.query_key import attend_once, query_key, toy
from playground.text.tokens import vocabulary_by
from playground.text.word_order import moved, word_order, words_of
from tests.playground.text.attention_models import DECODERS, KINDS, MASKED, STORY, ask, eager, loaded
from tests.playground.text.test_attention import LONG, ids_of, types_of

TEXTS = {"gpt2": STORY, "llama": STORY, "bert": MASKED}


# ---------------------------------------------------------------- logit lens


@pytest.mark.parametrize("model", KINDS)
def test_the_last_layer_of_the_lens_is_what_the_model_says(model):
    frame = ask(logit_lens, PassageSettings(text=TEXTS[model], model=model))
    p = eager(model, ids_of(frame), **types_of(frame)).logits[0].softmax(-1)
    assert np.array_equal(wire.decode(frame["top"])[-1], p.argmax(-1))
    np.testing.assert_allclose(wire.decode(frame["p"])[-1], p.max(-1).values, atol=1e-5)
    np.testing.assert_allclose(wire.decode(frame["p_final"])[-1], p.max(-1).values, atol=1e-5)
    assert (wire.decode(frame["rank"])[-1] == 1).all()
    entropy = -(p * p.log2()).sum(-1)
    np.testing.assert_allclose(wire.decode(frame["entropy_bits"])[-1], entropy, atol=1e-3)


@pytest.mark.parametrize("model", KINDS)
def test_every_layer_goes_through_the_models_own_end_once(model):
    """transformers' hidden states, of which the last has been normed already, through norm and head by hand."""
    frame = ask(logit_lens, PassageSettings(text=TEXTS[model], model=model))
    states = eager(model, ids_of(frame), **types_of(frame)).hidden_states
    net = loaded(model).model
    end = {
        "gpt2": lambda h: net.lm_head(net.transformer.ln_f(h)),
        "llama": lambda h: net.lm_head(net.model.norm(h)),
        "bert": lambda h: net.cls(h),
    }[model]
    final = wire.decode(frame["top"])[-1]
    for layer, state in enumerate(states[:-1]):
        p = end(state)[0].softmax(-1)
        assert np.array_equal(wire.decode(frame["top"])[layer], p.argmax(-1))
        np.testing.assert_allclose(wire.decode(frame["p"])[layer], p.max(-1).values, atol=1e-5)
        for place, token in enumerate(final):
            assert wire.decode(frame["rank"])[layer, place] == 1 + (p[place] > p[place, token]).sum()
            assert wire.decode(frame["p_final"])[layer, place] == pytest.approx(p[place, token].item(), abs=1e-5)


def test_the_lens_names_its_words():
    frame = ask(logit_lens, PassageSettings(text=STORY, model="gpt2"))
    tops = set(wire.decode(frame["top"]).flatten().tolist())
    assert set(frame["texts"]) == {str(token) for token in tops}


def test_the_lens_reads_the_end_of_a_long_text():
    frame = ask(logit_lens, PassageSettings(text=LONG, model="llama"))
    assert len(frame["tokens"]) == 256 and frame["notices"][0]["key"] == "text_cut_to_last"


# ---------------------------------------------------------------- one block


@pytest.mark.parametrize("layer", [0, 2])
@pytest.mark.parametrize("model", KINDS)
def test_the_stops_of_a_block_lead_from_one_hidden_state_to_the_next(model, layer):
    frame = ask(one_block, QuerySettings(text=TEXTS[model], model=model, layer=layer, query=3))
    stops = {}
    for stop in frame["stops"]:
        vector = wire.decode(stop["vector"])
        assert stop["norm"] == pytest.approx(math.sqrt((vector.astype(float) ** 2).sum()), rel=1e-5)
        stops.setdefault(stop["name"], []).append(vector)
    out = eager(model, ids_of(frame), **types_of(frame))
    np.testing.assert_allclose(stops["entrance"][0], out.hidden_states[layer][0, 3], atol=1e-4)
    last = wire.decode(frame["stops"][-1]["vector"])
    if model == "bert":  # norm last
        assert [stop["name"] for stop in frame["stops"]] == [
            *("entrance", "heads", "attention", "residual", "norm", "inner", "feed_forward", "residual", "norm")
        ]
        np.testing.assert_allclose(stops["residual"][0], stops["entrance"][0] + stops["attention"][0], atol=1e-4)
        np.testing.assert_allclose(stops["residual"][1], stops["norm"][0] + stops["feed_forward"][0], atol=1e-4)
        np.testing.assert_allclose(last, out.hidden_states[layer + 1][0, 3], atol=1e-4)
    else:  # norm first
        assert [stop["name"] for stop in frame["stops"]] == [
            *("entrance", "norm", "heads", "attention", "residual", "norm", "inner", "feed_forward", "exit")
        ]
        np.testing.assert_allclose(stops["residual"][0], stops["entrance"][0] + stops["attention"][0], atol=1e-4)
        np.testing.assert_allclose(last, stops["residual"][0] + stops["feed_forward"][0], atol=1e-4)
        if layer < 2:  # transformers gives the last one only after the final norm
            np.testing.assert_allclose(last, out.hidden_states[layer + 1][0, 3], atol=1e-4)


@pytest.mark.parametrize("model", KINDS)
def test_what_the_heads_add_is_what_each_alone_brings_through_w_o(model):
    frame = ask(one_block, QuerySettings(text=TEXTS[model], model=model, layer=1, query=2))
    heads = wire.decode(next(stop for stop in frame["stops"] if stop["name"] == "heads")["vector"]).reshape(4, 8)
    np.testing.assert_allclose(wire.decode(frame["head_norms"]), np.linalg.norm(heads, axis=1), rtol=1e-5)
    net = loaded(model).model
    weight = {
        "gpt2": lambda: net.transformer.h[1].attn.c_proj.weight.T,
        "llama": lambda: net.model.layers[1].self_attn.o_proj.weight,
        "bert": lambda: net.bert.encoder.layer[1].attention.output.dense.weight,
    }[model]().numpy()
    alone = [weight[:, 8 * n : 8 * n + 8] @ heads[n] for n in range(4)]
    np.testing.assert_allclose(wire.decode(frame["adds"]), np.linalg.norm(alone, axis=1), rtol=1e-3)


# ---------------------------------------------------------------- q and k


@pytest.mark.parametrize("text", [STORY, LONG], ids=["short", "in chunks"])
@pytest.mark.parametrize("model", KINDS)
def test_the_steps_end_in_transformers_weights(model, text):
    frame = ask(query_key, QuerySettings(text=text, model=model, layer=2, head=3, query=10))
    expected = eager(model, ids_of(frame), **types_of(frame)).attentions[2][0, 3, 10].numpy()
    weights, visible = wire.decode(frame["weights"]), wire.decode(frame["visible"])
    np.testing.assert_allclose(weights, expected, atol=1e-5)
    assert visible.tolist() == [int(j <= 10 or not frame["causal"]) for j in range(len(visible))]
    q, k, v = (wire.decode(frame[name]) for name in ("q", "k", "v"))
    assert frame["scale"] == pytest.approx(1 / math.sqrt(len(q)))
    dots = [sum(a * b for a, b in zip(q.tolist(), row, strict=True)) for row in k.tolist()]
    np.testing.assert_allclose(wire.decode(frame["dots"]), dots, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(wire.decode(frame["scores"]), wire.decode(frame["dots"]) * frame["scale"], atol=1e-5)
    np.testing.assert_allclose(wire.decode(frame["out"]), weights @ v, atol=1e-5)


def test_the_toy_example_comes_out_right():
    frame = ask(toy, ToySettings())
    assert frame["tokens"] == ["思考", "编程", "的", "乐趣"]
    plain, scaled = frame["cases"]
    assert wire.decode(plain["scores"]).tolist() == [0, 1, 0, 0]
    assert wire.decode(plain["weights"]).tolist() == pytest.approx([0.1749, 0.4754, 0.1749, 0.1749], abs=1e-4)
    assert wire.decode(scaled["weights"]).tolist() == pytest.approx([0.2151, 0.3547, 0.2151, 0.2151], abs=1e-4)
    assert sum(frame["printed"]) == 1.25
    assert ask(toy, ToySettings(query=3))["printed"] is None


def test_one_query_is_pytorchs_attention():
    torch.manual_seed(0)
    q, k, v = torch.randn(6), torch.randn(9, 6), torch.randn(9, 6)
    visible = torch.tensor([True] * 7 + [False] * 2)
    steps = attend_once(q, k, v, 6**-0.5, visible)
    expected = torch.nn.functional.scaled_dot_product_attention(q[None, None], k[None], v[None], visible[None, None])
    torch.testing.assert_close(steps.out, expected.flatten())


# ---------------------------------------------------------------- order


@pytest.mark.parametrize("model", KINDS)
def test_shuffled_words_are_the_same_words(model):
    frame = ask(word_order, OrderSettings(text=TEXTS[model], model=model, seed=3))
    order = wire.decode(frame["order"]).tolist()
    assert sorted(order) == list(range(len(order))) != order
    assert [token["id"] for token in frame["shuffled"]] == [ids_of(frame)[place] for place in order]
    assert all(order[place] == place for place in frame["markers"])
    again = ask(word_order, OrderSettings(text=TEXTS[model], model=model, seed=3))
    assert wire.decode(again["order"]).tolist() == order
    p = eager(model, [token["id"] for token in frame["shuffled"]], **types_of(frame)).logits[0]
    at = -1 if frame["causal"] else [token["text"] for token in frame["shuffled"]].index("[MASK]")
    assert frame["after"][0]["p"] == pytest.approx(p[at].softmax(-1).max().item(), abs=1e-5)
    assert frame["kl"] > 0
    assert (order[-1] == len(order) - 1) or not frame["causal"]


def words_as_read(text: str, model: str = "tales") -> list[str]:
    tokenizer = AutoTokenizer.from_pretrained(f"playground/weights/{model}")
    passage = make_passage(tokenizer(text)["input_ids"], [], vocabulary_by(tokenizer))
    return [
        tokenizer.decode([passage.ids[place] for place in word]).strip()
        for word in words_of(passage, vocabulary_by(tokenizer))
    ]


@pytest.mark.parametrize(
    ("text", "model", "words"),
    [
        ("Tom had a red ball.", "tales", ["Tom", "had", "a", "red", "ball."]),
        ("She kicked“it”, unfortunately", "tales", ["She", "kicked“it”,", "unfortunately"]),
        ("明月几时有，把酒", "poems", ["明", "月", "幾", "時", "有，", "把", "酒"]),
        ("明月 moon", "tales", ["明", "月", "moon"]),
        ("Tom had a [MASK] ball.", "tales-bert", ["tom", "had", "a", "[MASK]", "ball", "."]),
    ],
)
def test_words_are_what_a_reader_takes_for_words(text, model, words):
    assert words_as_read(text, model) == words


@pytest.mark.parametrize("seed", range(5))
def test_two_words_that_can_move_do(seed):
    frame = ask(word_order, OrderSettings(text="once upon a time", model="gpt2", seed=seed))
    order = wire.decode(frame["order"]).tolist()
    assert order != sorted(order) == list(range(len(order)))
    assert (order[0], order[-1]) == (0, len(order) - 1)  # "once" has no space before it, and "time" is asked after


def test_one_word_that_can_move_stays():
    frame = ask(word_order, OrderSettings(text="once upon a", model="gpt2"))
    order = wire.decode(frame["order"]).tolist()
    assert order == sorted(order) and frame["kl"] == 0 and not wire.decode(frame["moved"]).any()


def test_words_stay_whole():
    """A word of several tokens moves as one."""
    frame = ask(word_order, OrderSettings(text="a yellow hen lived in a house", model="gpt2", seed=1))
    order, texts = wire.decode(frame["order"]).tolist(), [token["text"] for token in frame["tokens"]]
    inside = [n for n, text in enumerate(texts) if n and not text.startswith(" ")]
    assert inside  # the tiny vocabulary has no "yellow"
    for place in inside:
        assert order[order.index(place) - 1] == place - 1


def test_moved_is_nothing_for_a_head_that_looks_by_meaning_and_all_for_one_that_looks_by_place():
    order = [2, 0, 3, 1]
    liking = torch.tensor([0.1, 0.2, 0.3, 0.4])  # of each word, wherever it stands
    by_meaning = liking.repeat(4, 1)
    by_place = torch.zeros(4, 4)
    by_place[:, 0] = 1
    before = torch.stack([by_meaning, by_place])[None]
    after = torch.stack([liking[torch.tensor(order)].repeat(4, 1), by_place])[None]
    assert moved(before, after, order, [0, 1, 2, 3], causal=False)[0].tolist() == pytest.approx([0, 1], abs=1e-6)


@pytest.mark.parametrize(("model", "kind"), [("gpt2", "learned"), ("llama", "rotary"), ("bert", "learned")])
def test_encodings_are_the_models(model, kind):
    encoding = ask(word_order, OrderSettings(text=STORY, model=model))["encoding"]
    assert encoding["kind"] == kind
    table, likeness = wire.decode(encoding["table"]), wire.decode(encoding["likeness"])
    net = loaded(model).model
    if kind == "learned":
        weight = net.transformer.wpe.weight if model == "gpt2" else net.bert.embeddings.position_embeddings.weight
        np.testing.assert_allclose(table, weight[: len(table)].numpy(), atol=1e-3)
    else:  # turning a vector by one position more is the same turn wherever it stands
        assert table.shape == (256, 8)
        for apart in (1, 5):
            diagonal = np.diagonal(likeness.astype(float), apart)
            np.testing.assert_allclose(diagonal, diagonal[0], atol=2e-3)
    np.testing.assert_allclose(np.diagonal(likeness), 1, atol=1e-3)


@pytest.mark.parametrize("model", DECODERS)
def test_negative_positions_count_from_the_end(model):
    settings = {"text": STORY, "model": model, "layer": 1, "head": 1}
    last = ask(query_key, QuerySettings(**settings, query=-1))
    assert last["query"] == len(last["tokens"]) - 1
