"""Texts through every tokenizer, held against transformers' own; tokenizers fetched alone from a stand-in hub."""

import shutil

import pytest
from transformers import AutoTokenizer

from playground.errors import ModelError, SettingError
from playground.inference.cards import CARDS, Card
from playground.inference.models import ModelStore
from playground.inference.sources import Embedded, Hub
from playground.text.pieces import script_of, tokenize
from playground.text.settings import PiecesSettings
from tests.playground.inference import small_models
from tests.playground.inference.hub_server import COMMIT, serving

REPO = "someone/tiny"
TEXTS = [
    "Once upon a time, 从前有一个国王 👑",
    "👨\u200d👩\u200d👧 e\u0301\u0323 \u202eשלום ﷽",
    "  spaces\n\nand\tlines ",
    "<|endoftext|> [UNK] <script>alert(1)</script> ${1}",
    "",
]
EMBEDDED = tuple(card for card in CARDS if card.embedded)


@pytest.fixture(scope="module")
def store():
    return ModelStore(cards=EMBEDDED)


def rows(store, text):
    return {row["id"]: row for row in tokenize(PiecesSettings(text=text), store)["models"]}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("model", [card.id for card in EMBEDDED])
def test_pieces_are_the_librarys_tokens(store, model, text):
    expected = AutoTokenizer.from_pretrained(f"playground/weights/{model}")(text)["input_ids"]
    row = rows(store, text)[model]
    assert [piece["id"] for piece in row["pieces"]] == expected
    assert row["count"] == len(expected)


@pytest.mark.parametrize("text", [text for text in TEXTS if "<|" not in text])
def test_bytes_of_a_byte_level_tokenizer_join_to_the_text(store, text):
    raw = b"".join(
        bytes.fromhex(piece["bytes"]) if "bytes" in piece else piece["text"].encode()
        for piece in rows(store, text)["tales"]["pieces"]
    )
    assert raw.decode() == text


def test_a_tokenizer_trained_on_english_spends_three_tokens_on_a_chinese_character(store):
    told = tokenize(PiecesSettings(text="The king 国王在海边。"), store)
    assert told["scripts"] == {"english": 9, "chinese": 6, "other": 0}
    tales, poems = told["models"][:2]
    assert tales["scripts"]["chinese"] == 3 * 6
    assert poems["scripts"]["chinese"] == 6
    assert tales["scripts"]["english"] < 9 / 2
    assert sum(tales["scripts"].values()) + tales["added"] == tales["count"]
    assert poems["unknown"] == {"english": 7, "chinese": 0, "other": 0}  # T h e k i n g
    assert sum(tales["unknown"].values()) == 0 and poems["added"] == 1
    assert poems["characters_per_token"] == 15 / (poems["count"] - 1)


@pytest.mark.parametrize(
    ("character", "script"),
    [("a", "english"), (" ", "english"), ("é", "other"), ("月", "chinese"), ("。", "chinese"), ("，", "chinese"),
     ("\U00020000", "chinese"), ("あ", "other"), ("한", "other"), ("😀", "other"), ("ש", "other"), ("\u200d", "other")],
)  # fmt: skip
def test_scripts(character, script):
    assert script_of(character) == script


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\ud800b"])
def test_what_no_tokenizer_takes_is_replaced_before(store, text):
    pieces = rows(store, text)["tales"]["pieces"]
    whole = bytes.fromhex("".join(piece["bytes"] for piece in pieces if "bytes" in piece)).decode()
    assert whole == "\N{REPLACEMENT CHARACTER}"


def test_a_long_text_is_counted_whole_and_told_in_part(store):
    row = rows(store, "月" * 20_000)["tales"]
    assert (row["count"], len(row["pieces"])) == (60_000, 4_000)


@pytest.mark.parametrize("text", [7, None, ["a"], "a" * 200_000])
def test_bad_texts_are_named(text):
    with pytest.raises(SettingError) as raised:
        PiecesSettings(text=text)
    assert raised.value.values["field"] == "text"


def test_a_damaged_tokenizer_is_told_in_its_row_and_hurts_no_other(tmp_path, store):
    folder = shutil.copytree("playground/weights/poems", tmp_path / "poems")
    (folder / "tokenizer.json").write_text("{")
    damaged = Card("damaged", "Damaged", (Embedded(str(folder)),), "", "", 0, 0, 0)
    told = rows(ModelStore(cards=(damaged, *EMBEDDED)), "Once")
    assert told["damaged"]["error"]["key"] == "model_file_broken"
    assert told["tales"]["count"] == 1


# ---------------------------------------------------------------- a tokenizer without its model


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with one repository, an empty cache, and the requests made: (store that knows it, folder, requests)."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    served = tmp_path / "served"
    small_models.save_gpt2(served)
    card = Card("tiny", "Tiny", (Hub(REPO, COMMIT),), "MIT", "en", 0, 5_000_000, 64)
    with serving({REPO: served}) as (address, requests):
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield ModelStore(cards=(*EMBEDDED, card)), served, requests


def test_a_row_says_that_its_tokenizer_is_not_here_and_asks_nobody(hub):
    store, _, requests = hub
    assert rows(store, "once upon")["tiny"] == {
        "id": "tiny", "title": "Tiny", "language": "en", "context": 64, "bytes": 5_000_000, "here": False
    }  # fmt: skip
    assert requests == []


def test_only_the_tokenizer_is_fetched_once_and_then_used(hub):
    store, served, requests = hub
    store.fetch_tokenizer("tiny")
    names = {request.split("/resolve/")[1].split("/")[1] for request in requests if "/resolve/" in request}
    assert "tokenizer.json" in names
    assert not [name for name in names if "safetensors" in name]
    text = "once upon a 月 time"
    before = list(requests)
    row = rows(store, text)["tiny"]
    assert [piece["id"] for piece in row["pieces"]] == AutoTokenizer.from_pretrained(served)(text)["input_ids"]
    store.fetch_tokenizer("tiny")
    assert requests == before
    assert not store.card("tiny").available_offline


def test_the_whole_model_can_still_be_fetched_after_its_tokenizer(hub):
    store, _, _ = hub
    store.fetch_tokenizer("tiny")
    loaded = store.load("tiny", allow_download=True).result()
    assert loaded.tokenizer("once").input_ids == store.tokenizer("tiny")("once").input_ids


@pytest.mark.parametrize("variable", [("HF_HUB_OFFLINE", "1"), ("HF_ENDPOINT", "http://127.0.0.1:9")])
def test_a_tokenizer_that_cannot_be_had_is_a_sentence(hub, monkeypatch, variable):
    store, _, requests = hub
    monkeypatch.setenv(*variable)
    with pytest.raises(ModelError) as raised:
        store.fetch_tokenizer("tiny")
    assert (raised.value.key, raised.value.values["instead"]) == ("model_offline", "tales")
    assert requests == []


def test_a_repository_without_a_tokenizer_is_named(hub):
    store, served, _ = hub
    (served / "tokenizer.json").unlink()
    with pytest.raises(ModelError) as raised:
        store.fetch_tokenizer("tiny")
    assert raised.value.key == "model_unsupported" and "tokenizer.json" in str(raised.value)


@pytest.mark.parametrize("model", ["tales", "no-such"])
def test_embedded_and_unknown_models_make_no_request(hub, model):
    store, _, requests = hub
    if model == "tales":
        store.fetch_tokenizer(model)
    else:
        with pytest.raises(ModelError):
            store.fetch_tokenizer(model)
    assert requests == []
