"""Fashion-MNIST is fetched once, on request, whole or not at all: against a server on this machine."""

import functools
import gzip
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from playground.errors import ModelError
from playground.images import fashion, idx, mnist
from playground.images.gan_settings import GanSettings
from playground.images.gan_tasks import TRAIN_GAN
from playground.images.judge_tasks import FETCH_FASHION
from playground.images.vae_settings import VaeSettings
from playground.images.vae_tasks import TRAIN_VAE
from playground.inference.control import Control

ARRAYS = {
    "train-images-idx3-ubyte.gz": np.arange(20 * 784, dtype=np.int64).reshape(20, 28, 28).astype(np.uint8),
    "train-labels-idx1-ubyte.gz": np.arange(20, dtype=np.uint8) % 10,
    "t10k-images-idx3-ubyte.gz": np.full((5, 28, 28), 7, np.uint8),
    "t10k-labels-idx1-ubyte.gz": np.array([9, 8, 7, 6, 5], np.uint8),
}


class Quiet(SimpleHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        type(self).asked += 1
        super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A folder that is served where the files are sought; the small files in it are the expected ones."""
    served = tmp_path / "served"
    served.mkdir()
    files = {}
    for name, array in ARRAYS.items():
        raw = gzip.compress(idx.pack(array))
        (served / name).write_bytes(raw)
        files[name] = len(raw), hashlib.md5(raw).hexdigest()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(fashion, "FILES", files)
    monkeypatch.setattr(fashion, "BYTES", sum(size for size, _ in files.values()))
    monkeypatch.setattr(Quiet, "asked", 0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(served)))
    monkeypatch.setattr(fashion, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def run():
    return [frame for frame in FETCH_FASHION.run(fashion.FashionSettings(), Control(None)) if frame]


def test_it_is_fetched_on_request_and_once(source):
    assert not fashion.here()
    with pytest.raises(ModelError, match="Fashion-MNIST is not on this machine yet"):
        mnist.dataset("fashion", "train")
    with pytest.raises(ModelError, match="Ask for the download"):
        list(mnist.opened("test", "fashion"))
    assert Quiet.asked == 0
    assert run()[-1] == {"done": fashion.BYTES, "of": fashion.BYTES, "here": True}
    for split, count in (("train", 20), ("test", 5)):
        images, labels = mnist.dataset("fashion", split)
        name = mnist.file_of(split, "images")
        assert np.array_equal(images, ARRAYS[f"{name}.gz"]) and labels.shape == (count,)
    assert mnist.dataset("fashion", "train").images is mnist.dataset("fashion", "train").images
    assert run()[-1]["here"] and Quiet.asked == 4
    assert mnist.dataset("mnist", "test") is mnist.digits("test")


def test_another_file_is_not_kept(source):
    (source / "train-labels-idx1-ubyte.gz").write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the file that was expected"):
        run()
    assert [path.name for path in fashion.folder().iterdir()] == ["train-images-idx3-ubyte.gz"]


def test_a_missing_file_and_no_network_are_one_sentence(source, monkeypatch):
    (source / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(ModelError, match="cannot be reached"):
        run()
    assert not fashion.here() and not list(fashion.folder().glob("*.partial"))
    asked = Quiet.asked
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="Use MNIST, which is built in"):
        run()
    assert Quiet.asked == asked


def test_a_stopped_download_keeps_nothing_half(source):
    control = Control(None)
    control.deliver({"stop": "stopped"})
    frames = [frame for frame in FETCH_FASHION.run(fashion.FashionSettings(), control) if frame]
    assert frames[-1]["here"] is False and Quiet.asked == 0


def test_the_real_files_are_pinned():
    """As their authors publish them: 60,000 and 10,000 images, and sums that torchvision checks too."""
    assert {name.removesuffix(".gz") for name in fashion.FILES} == {
        mnist.file_of(split, kind) for split in ("train", "test") for kind in ("images", "labels")
    }
    assert fashion.FILES["train-images-idx3-ubyte.gz"][1] == "8d4fb7e6c68d591d4c3dfef9ec88bf0d"


@pytest.mark.parametrize(
    ("task", "settings"),
    [(TRAIN_VAE, VaeSettings(data="fashion", steps=1)), (TRAIN_GAN, GanSettings(data="fashion", steps=1))],
)
def test_a_run_that_needs_it_says_so(source, task, settings):
    with pytest.raises(ModelError, match="Fashion-MNIST is not on this machine yet"):
        list(task.run(settings, Control(settings)))
