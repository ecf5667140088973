"""BERT's objective: what is hidden, what the loss is, what it begins with; and the recipe from text to folder."""

import dataclasses
import json

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertConfig, BertForMaskedLM

from playground.recipes import tales_bert
from playground.recipes.export import main
from playground.recipes.language_model import Plan, Run
from playground.recipes.masked_tokens import (
    CLS,
    MASK,
    MORE,
    NO_TARGET,
    PAD,
    SEP,
    SHORT,
    SPECIAL,
    MaskedTokens,
    enclose,
    guess,
    hide,
    judge,
    rows,
)
from playground.recipes.word_vectors import word_vectors
from tests.playground.recipes.test_recipes import STORY

VOCABULARY, CONTEXT = 40, 48
SIZE = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
CONFIG = BertConfig(vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, pad_token_id=PAD, **SIZE)


def text(length, seed=0):
    return torch.randint(len(SPECIAL), VOCABULARY, (length,), generator=torch.Generator().manual_seed(seed))


def luck(seed=0):
    return torch.Generator().manual_seed(seed)


def plan(**changes):
    given = {"batch": 4, "window": CONTEXT - 3, "learning_rate": 1e-2, "steps": 12, "warmup": 2, "validate_every": 3}
    return Plan(**given | changes)


def test_rows_are_the_windows_with_markers():
    windows = text(6 * (CONTEXT - 2)).view(6, CONTEXT - 2)
    ids, types = rows(windows, 0, luck())
    assert ids.shape == types.shape == (6, CONTEXT)
    assert (ids[:, 0] == CLS).all() and (ids[:, -1] == SEP).all()
    for n, (row, kinds) in enumerate(zip(ids.tolist(), types.tolist(), strict=True)):
        inside = row[1:-1]
        if n % 2 == 0:
            assert inside == windows[n].tolist() and not any(kinds)
        else:
            cut = inside.index(SEP)
            assert inside[:cut] + inside[cut + 1 :] == windows[n, :-1].tolist()
            assert kinds == [0] * (cut + 2) + [1] * (CONTEXT - cut - 2)


def test_short_rows_are_pieces_of_the_windows():
    windows = text(3 * 126).view(3, 126)
    ids, types = rows(windows, 1, luck())
    assert ids.shape == (12, SHORT + 2) and not types.any()
    assert torch.equal(ids[:, 1:-1].reshape(3, -1), windows[:, : 4 * SHORT])


@pytest.mark.parametrize("share", [0.15, MORE])
def test_what_is_hidden(share):
    ids = enclose(text(200 * 100).view(200, 100))
    shown, targets = hide(ids, VOCABULARY, luck(), share)
    chosen = targets != NO_TARGET
    assert torch.equal(targets[chosen], ids[chosen]) and torch.equal(shown[~chosen], ids[~chosen])
    assert not chosen[:, [0, -1]].any()  # never the markers
    assert chosen.float().mean().item() == pytest.approx(share * 100 / 102, rel=0.05)
    hidden, kept = shown[chosen] == MASK, shown[chosen] == ids[chosen]
    assert hidden.float().mean().item() == pytest.approx(0.8, abs=0.03)
    assert kept.float().mean().item() == pytest.approx(0.1 + 0.1 / 35, abs=0.02)
    assert (shown[chosen & (shown != MASK)] >= len(SPECIAL)).all()


def test_loss_is_that_of_transformers():
    torch.manual_seed(0)
    model = BertForMaskedLM(CONFIG).eval()
    ids, types = rows(text(4 * 46).view(4, 46), 0, luck())
    shown, targets = hide(ids, VOCABULARY, luck())
    expected = model(shown, token_type_ids=types, labels=targets).loss
    logits, right = guess(model, shown, types, targets, torch.float32)
    torch.testing.assert_close(torch.nn.functional.cross_entropy(logits, right), expected)


def test_judged_as_a_plain_recount_would():
    torch.manual_seed(0)
    model, stream = BertForMaskedLM(CONFIG).eval(), text(3000)
    told = judge(model, stream)
    width = CONTEXT - 2
    ids = enclose(stream[: len(stream) // width * width].view(-1, width))
    shown, targets = hide(ids, VOCABULARY, luck())
    with torch.inference_mode():
        logits = model(shown).logits
    first, five, of_masks, losses = [], [], [], []
    for row, place in (targets != NO_TARGET).nonzero().tolist():
        best = logits[row, place].topk(5).indices.tolist()
        token = targets[row, place].item()
        losses.append(-logits[row, place].log_softmax(-1)[token].item())
        first.append(best[0] == token)
        five.append(token in best)
        if shown[row, place] == MASK:
            of_masks.append(best[0] == token)
    assert told["loss"] == pytest.approx(sum(losses) / len(losses), rel=1e-4)
    assert told["top1"] == pytest.approx(sum(first) / len(first), abs=1e-6)
    assert told["top5"] == pytest.approx(sum(five) / len(five), abs=1e-6)
    assert told["masked1"] == pytest.approx(sum(of_masks) / len(of_masks), abs=1e-6)
    with pytest.raises(ValueError, match="too little held-out text: 10 tokens"):
        judge(model, stream[:10])


def losses(work):
    lines = [json.loads(line) for line in (work / "curve.jsonl").read_text().splitlines()]
    return [(line["step"], line["validation"]) for line in lines]


def test_resumed_equals_uninterrupted(tmp_path):
    stream, settings = text(2000).to(torch.int16), plan(dropout=0.1, save_every=1e9)
    make = lambda name: Run(CONFIG, stream, stream, settings, tmp_path / name, objective=MaskedTokens())  # noqa: E731
    whole = make("whole")
    whole.train()
    make("parts").train(until_step=5)
    resumed = make("parts")
    assert resumed.step == 5
    resumed.train()
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_training_lowers_the_loss_where_a_look_around_tells_the_word(tmp_path):
    repeating = torch.arange(len(SPECIAL), VOCABULARY, dtype=torch.int16).repeat_interleave(100)
    run = Run(
        CONFIG, repeating, repeating, plan(steps=250, batch=8, validate_every=50), tmp_path, objective=MaskedTokens()
    )
    before = run.validate()["validation"]
    run.train()
    assert losses(tmp_path)[-1][1] < before / 2


def test_the_model_begins_with_what_was_counted():
    torch.manual_seed(0)
    stream = torch.cat([text(3000), torch.full((3000,), 7)])
    model = BertForMaskedLM(CONFIG)
    MaskedTokens().begin(model, stream)
    shares = torch.bincount(stream, minlength=VOCABULARY) / len(stream)
    torch.testing.assert_close(model.cls.predictions.bias.exp()[7], shares[7], rtol=1e-2, atol=1e-2)
    assert model.cls.predictions.decoder.bias.argmax() == 7  # the head's own, not a copy
    positions = model.bert.embeddings.position_embeddings.weight
    near, far = (torch.cosine_similarity(positions[20], positions[20 + apart], dim=0) for apart in (1, 15))
    assert near > far


def test_words_with_like_neighbours_have_like_vectors():
    """5 and 6 stand in the same places, 7 in others."""
    generator, stream = luck(), []
    for _ in range(2000):
        word = int(torch.randint(5, 8, (), generator=generator))
        stream += [10, 11, word, 12, 13] if word < 7 else [20, 21, word, 22, 23]
    vectors = word_vectors(torch.tensor(stream), VOCABULARY, 8, special=5)
    assert vectors.shape == (VOCABULARY, 8)
    assert vectors[5] @ vectors[6] > 0.95 and vectors[5] @ vectors[7] < 0.5
    torch.testing.assert_close(vectors[5:8].norm(dim=1), torch.ones(3))


# ---------------------------------------------------------------- the recipe


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A few steps of the recipe, run as its command line runs it."""
    folder = tmp_path_factory.mktemp("tales-bert")
    (folder / "data.txt").write_text("<|endoftext|>\n".join(4 * STORY.replace("fox", f"fox {n}") for n in range(120)))
    recipe = dataclasses.replace(tales_bert.RECIPE, plan=tales_bert.PLAN | {"batch": 2})
    folders = {"data": "data.txt", "work": "work", "out": "out"}
    main(recipe, ["--steps=4", *(f"--{name}={folder / path}" for name, path in folders.items())])
    return folder


def test_recipe_makes_a_folder_that_transformers_loads_with_its_best_weights(trained):
    model, loading = AutoModelForMaskedLM.from_pretrained(trained / "out", output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    best = torch.load(trained / "work/best.pt", weights_only=True)["model"]
    for name, weight in model.state_dict().items():
        assert weight.dtype is torch.float32
        assert torch.equal(weight, best[name].float()), name
    card = (trained / "out/README.md").read_text()
    assert f"{model.num_parameters():,}" in card and "right at the first guess" in card and "curve.svg" in card
    assert "Once upon a [MASK]" in card


def test_tokenizer_keeps_common_words_whole_and_knows_every_letter(trained):
    tokenizer = AutoTokenizer.from_pretrained(trained / "out")
    assert tokenizer.tokenize("The FOX went over a hill.") == ["the", "fox", "went", "over", "a", "hill", "."]
    assert tokenizer.unk_token not in tokenizer.tokenize("upstairs nowhere forest")
    assert tokenizer.convert_ids_to_tokens(range(len(SPECIAL))) == list(SPECIAL)
    pair = tokenizer("the fox", "the bear")
    assert tokenizer.decode(pair["input_ids"]) == "[CLS] the fox [SEP] the bear [SEP]"
    assert pair["token_type_ids"] == [0, 0, 0, 0, 1, 1, 1]
    assert tokenizer("a [MASK] fox")["input_ids"][2] == tokenizer.mask_token_id == MASK
