"""AIGC Playground: `python app.py` opens the page; `python app.py --help` lists the options.

The page answers before torch is imported; a background thread then warms torch and the default models up.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import threading
from collections.abc import Iterator

from playground.inference import device, sources

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options. Where Gradio has a variable for one (GRADIO_SERVER_NAME, GRADIO_SHARE), it is the default."""
    parser = argparse.ArgumentParser(prog="app.py", description="Learn how generative AI works by running it.")
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    share = os.environ.get("GRADIO_SHARE", "").lower() == "true"
    parser.add_argument("--host", default=host, help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, help="port; else the first free one from GRADIO_SERVER_PORT or 7860")
    parser.add_argument("--share", action="store_true", default=share, help="open a public link by Gradio's tunnel")
    parser.add_argument("--auth", metavar="USER:PASS", type=account, help="ask for this name and password")
    parser.add_argument("--device", choices=device.CHOICES, default="auto", help="where models run (default auto)")
    parser.add_argument("--offline", action="store_true", help="never ask a model hub for anything")
    parser.add_argument(
        "--public", action="store_true", help="load listed models only; implied by --share, another --host, a Space"
    )
    options = parser.parse_args(arguments)
    options.public |= options.share or options.host not in LOOPBACK or "SPACE_ID" in os.environ
    return options


def account(text: str) -> tuple[str, str]:
    """USER:PASS as Gradio takes it; the password may hold colons."""
    user, _, password = text.partition(":")
    if not user or not password:
        raise argparse.ArgumentTypeError("must be USER:PASS, neither of them empty")
    return user, password


def warm_up() -> None:
    """Import torch and load what a first visitor meets, so that the first word comes at once.

    Says nothing if it cannot: whoever then asks for a model is told why.
    """
    from playground.inference.engine import get_engine
    from playground.text.settings import DEFAULT_MODEL

    for model in dict.fromkeys(DEFAULT_MODEL.values()):
        with contextlib.suppress(Exception):
            get_engine().models.load(model).result()


@contextlib.contextmanager
def nothing_to_collect() -> Iterator[None]:
    """What is made here stays: Python's collector would go through all of it, again and again, and find no garbage.

    That is a fifth of the time from starting to the page. Afterwards it leaves this part alone (gc.freeze).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def main() -> None:
    options = parse()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    sources.configure(offline=options.offline)  # before gradio, which imports huggingface_hub
    device.configure(options.device)

    with nothing_to_collect():
        from components import page
        from playground.inference.engine import get_engine

        get_engine().models.public = options.public
        demo = page.build()
        demo.launch(
            server_name=options.host,
            server_port=options.port,
            share=options.share,
            auth=[options.auth] if options.auth else None,
            prevent_thread_lock=True,
            **page.launch_options(),
        )
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    demo.block_thread()


if __name__ == "__main__":
    main()
