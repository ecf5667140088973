"""A GGUF file as an ordinary model folder: `python -m playground.inference.gguf_to_safetensors IN.gguf FOLDER SOURCE`.

A process of its own, because unpacking quantised blocks keeps Python busy for many seconds, and because transformers
looks for the packages it needs only once in a process.

The folder holds float16 weights (a 4-bit file's values lose nothing that its quantisation had kept), a config that
loads them as float32, the tokenizer with its chat template, and a README saying where they came from.
"""

from __future__ import annotations

import sys
from pathlib import Path


def convert(gguf: Path, folder: Path, source: str) -> None:
    """Write `folder` from the file `gguf`; raises what transformers raises for a file it cannot read."""
    import torch
    import transformers

    place = {"gguf_file": gguf.name, "local_files_only": True, "trust_remote_code": False}
    if hasattr(transformers, "GgufConfig"):  # newer versions would else keep the blocks packed where they can
        place["quantization_config"] = transformers.GgufConfig(dequantize=True)
    read = transformers.AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.float16, **place)
    place.pop("quantization_config", None)
    tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, **place)

    config = read.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    with torch.device("meta"):  # no memory, no random numbers: the weights are put in place of its own
        model = type(read)(config)
    model.load_state_dict(read.state_dict(), strict=True, assign=True)
    model.tie_weights()
    model.generation_config = read.generation_config
    model.save_pretrained(folder)
    config.dtype = torch.float32
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(f"Converted to safetensors from {source}. Same licence as the original.\n")


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
