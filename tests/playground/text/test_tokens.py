"""Tokens as text while they arrive, against the text they were cut from and against the tokenizer's own decoding."""

import pytest
from tokenizers import Tokenizer, decoders, models
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from playground.text.tokens import TextStream, Vocabulary


@pytest.fixture(scope="module")
def tales():
    return AutoTokenizer.from_pretrained("playground/weights/tales")


@pytest.fixture(scope="module")
def fallback():
    """As SentencePiece's: ▁ for a space, and bytes for characters that are no tokens."""
    tokens = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "▁a", "a", "月"]
    numbers = {token: number for number, token in enumerate(tokens)}
    model = models.BPE(numbers, [("▁", "a")], unk_token="<unk>", byte_fallback=True)
    tokenizer = Tokenizer(model)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")


@pytest.mark.parametrize("text", ["Once upon a time", "👩‍👩‍👧‍👦 says 你好", "é ﷽ שלום \U0010ffff"])
def test_characters_come_when_their_last_byte_does(tales, text):
    stream, ids = TextStream(Vocabulary(tales)), tales(text).input_ids
    told = [stream.feed(token) for token in ids]
    assert "".join(told) == text == tales.decode(ids)
    assert all(so_far == text[: len(so_far)] for so_far in ("".join(told[:n]) for n in range(len(told))))


def test_every_token_of_one_character_but_the_last_tells_nothing(tales):
    ids = tales("😀").input_ids
    stream = TextStream(Vocabulary(tales))
    assert len(ids) > 1 and [stream.feed(token) for token in ids] == [""] * (len(ids) - 1) + ["😀"]


def test_a_character_that_never_becomes_whole_is_left_out(tales):
    first, *_ = tales("😀").input_ids
    a, *_ = tales("a").input_ids
    stream = TextStream(Vocabulary(tales))
    assert [stream.feed(first), stream.feed(a)] == ["", "a"]


def test_byte_fallback(fallback):
    vocabulary, stream = Vocabulary(fallback), TextStream(Vocabulary(fallback))
    ids = fallback.convert_tokens_to_ids(["▁a", "月", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "▁"])
    assert [stream.feed(token) for token in ids] == [" a", "月", "", "", "", "😀", " "]
    assert fallback.decode(ids) == " a月😀 "
    assert vocabulary.piece(ids[2]).as_dict() == {"id": ids[2], "text": "⟨F0⟩", "bytes": "F0"}


def test_special_tokens_have_a_name_and_add_no_text(tales):
    vocabulary = Vocabulary(tales)
    assert vocabulary.piece(tales.eos_token_id).text == tales.eos_token
    assert TextStream(vocabulary).feed(tales.eos_token_id) == ""
