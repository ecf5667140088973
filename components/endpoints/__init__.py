"""The public endpoints, a file a technique: `gr.api` functions whose docstrings are the API page.

What is posted reaches the settings' own checks untouched, an endpoint's arguments are the settings by their names, and
every error is one English sentence.
"""

from components.endpoints.acrostic import acrostic
from components.endpoints.beams import beam_search
from components.endpoints.control import compare_algorithms, replay_cartpole, train_cartpole
from components.endpoints.diffusion import add_noise, classify_by_denoising, denoise, denoise_from, inpaint
from components.endpoints.draws import draw_tokens
from components.endpoints.gan import load_gan, sample_gan, save_gan, train_gan
from components.endpoints.generation import generate_text, next_token
from components.endpoints.heads import ablate_head, attention, attention_rollout, fill_mask, logit_lens
from components.endpoints.judge import judge_images
from components.endpoints.models import list_models, stop_run
from components.endpoints.ngrams import ngram_next
from components.endpoints.scoring import score_text, tokenize
from components.endpoints.vae import decode_latent, encode_digit, train_vae, vae_manifold

ENDPOINTS = {
    function.__name__: function
    for function in (
        generate_text,
        next_token,
        draw_tokens,
        score_text,
        tokenize,
        beam_search,
        acrostic,
        ngram_next,
        attention,
        attention_rollout,
        ablate_head,
        logit_lens,
        fill_mask,
        train_gan,
        sample_gan,
        save_gan,
        load_gan,
        denoise,
        add_noise,
        denoise_from,
        inpaint,
        classify_by_denoising,
        train_vae,
        encode_digit,
        decode_latent,
        vae_manifold,
        judge_images,
        train_cartpole,
        replay_cartpole,
        compare_algorithms,
        list_models,
        stop_run,
    )
}
