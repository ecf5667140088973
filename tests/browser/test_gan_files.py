"""Networks as files on the real page: saved, opened again, and gone on from."""

from __future__ import annotations

from playwright.sync_api import expect

from components import words
from tests.browser.test_gan import SHORT, link, train

EN = words.dictionary("en")


def test_networks_are_saved_opened_and_gone_on_from(open_page, tmp_path):
    page = open_page(link(**SHORT | {"steps": 5}) + "&experiment=files")
    train(page)
    page.locator("#gan-experiments-lab").get_by_role("tab", name=EN["gan.files.title"]).click()
    view = page.locator("#gan-files-view")
    with page.expect_download() as saving:
        view.get_by_role("button", name=EN["gan.files.save"]).click()
    file = tmp_path / saving.value.suggested_filename
    saving.value.save_as(file)
    assert file.name == "gan-5.safetensors"
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(file.read_bytes()[:200])
    view.locator("input[type=file]").set_input_files(damaged)
    expect(view).to_contain_text("holds no GAN that can be loaded")
    view.locator("input[type=file]").set_input_files(file)
    expect(view).to_contain_text(EN["gan.files.loaded"].partition("{step}")[0].format(file=file.name))
    page.wait_for_function("playground.last('gan.settings')?.start?.startsWith('gan-')")  # the controls are set
    train(page)
    page.wait_for_function("playground.gan.shown().step === 10")
    assert page.evaluate("playground.gan.run().settings.start").startswith("gan-")
