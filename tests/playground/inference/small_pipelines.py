"""A tiny text-to-image pipeline with random weights, saved by diffusers itself."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPImageProcessor, CLIPTextConfig, CLIPTextModel, CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"


def tokenizer(folder: Path) -> CLIPTokenizer:
    """Single letters, and "a cat" in three tokens."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    tokens = [START, END, *letters, *(f"{letter}</w>" for letter in letters), "ca", "cat</w>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\nc a\nca t</w>\n")
    plain = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END, "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer", **plain}))
    return CLIPTokenizer.from_pretrained(folder)


def safety_checker(flags: bool) -> StableDiffusionSafetyChecker:
    """One that flags every picture, or none."""
    vision = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 1, "num_attention_heads": 4}
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(vision_config={**vision, "image_size": 30, "patch_size": 15}, projection_dim=16)
    )
    torch.nn.init.constant_(checker.concept_embeds_weights, -2.0 if flags else 2.0)  # a cosine's threshold
    torch.nn.init.constant_(checker.special_care_embeds_weights, 2.0)
    return checker


def save_pipeline(folder: Path, *, seed: int = 0, flags: bool | None = None, prediction: str = "epsilon") -> None:
    """A pipeline of some 300 k parameters in float16 files; with a safety checker unless `flags` is None."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel(
        sample_size=32,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=8,
        norm_num_groups=8,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=4,
    )
    words = tokenizer(folder / "tokenizer")
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(words),
            hidden_size=32,
            intermediate_size=37,
            num_hidden_layers=2,
            num_attention_heads=4,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=1,
        )
    )
    noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
    pipe = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=words,
        unet=unet,
        scheduler=DDIMScheduler(**noise, clip_sample=False, set_alpha_to_one=False, prediction_type=prediction),
        safety_checker=None if flags is None else safety_checker(flags),
        feature_extractor=CLIPImageProcessor(size={"shortest_edge": 30}, crop_size={"height": 30, "width": 30}),
        requires_safety_checker=flags is not None,
    )
    for part in ("unet", "vae", "text_encoder", "safety_checker"):
        if (module := getattr(pipe, part)) is not None:
            module.half()
    pipe.save_pretrained(folder, variant="fp16", safe_serialization=True)
