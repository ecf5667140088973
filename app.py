"""AIGC Playground: `python app.py` opens the page; `python app.py --help` lists the options.

The page answers before torch is imported; a background thread then warms torch and the default model up.
"""

from __future__ import annotations

import argparse
import os
import threading

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options. Those with a GRADIO_* variable of Gradio's own take their default from it."""
    parser = argparse.ArgumentParser(prog="app.py", description="Learn how generative AI works by running it.")
    host = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1")
    parser.add_argument("--host", default=host, help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, help="port; without it the first free one from GRADIO_SERVER_PORT or 7860")
    parser.add_argument("--share", action="store_true", help="open a public link through Gradio's tunnel")
    parser.add_argument("--auth", metavar="USER:PASS", help="ask for this name and password")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where models run")
    parser.add_argument("--offline", action="store_true", help="never ask a model hub for anything")
    parser.add_argument("--public", action="store_true", help="load listed models only (implied by --share, a host")
    options = parser.parse_args(arguments)
    if options.auth is not None and not all(options.auth.partition(":")):
        parser.error("--auth takes USER:PASS, both not empty")
    if os.environ.get("GRADIO_SHARE", "").lower() == "true":
        options.share = True
    options.public |= options.share or options.host not in LOOPBACK or "SPACE_ID" in os.environ
    return options


def announce(options: argparse.Namespace) -> None:
    """Tell playground.inference what was chosen, in the environment: it is read where torch is first needed."""
    os.environ["PLAYGROUND_DEVICE"] = options.device
    os.environ["PLAYGROUND_PUBLIC"] = "1" if options.public else "0"
    if options.offline:  # huggingface_hub reads this once, when it is imported
        os.environ["HF_HUB_OFFLINE"] = "1"


def main() -> None:
    options = parse()
    announce(options)

    from components import page  # after the environment is set

    demo = page.build()
    demo.launch(
        server_name=options.host,
        server_port=options.port,
        share=options.share,
        auth=tuple(options.auth.split(":", 1)) if options.auth else None,
        prevent_thread_lock=True,
        **page.launch_options(),
    )
    demo.block_thread()


if __name__ == "__main__":
    main()
