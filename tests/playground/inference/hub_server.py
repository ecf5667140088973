"""A little server that plays the Hugging Face hub's part in a download, for the real client; it notes every request."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "c0ffee0123456789abcdef0123456789abcdef01"


@contextlib.contextmanager
def serving(repositories: dict[str, Path], stated: dict[str, int] | None = None) -> Iterator[tuple[str, list[str]]]:
    """(address, requests so far) of a hub with these repositories, each at COMMIT, which is its branch main.

    stated: parameters that a repository says it has, by its name.
    """
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            requests.append(f"{self.command} {self.path}")
            path = self.path.partition("?")[0]
            if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/([^/]+)", path):
                self.describe(*found.groups())
            elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
                self.send_file(*found.groups())
            else:
                self.refuse("EntryNotFound")

        def describe(self, repo: str, revision: str) -> None:
            if not self.known(repo, revision):
                return
            files = [
                {
                    "rfilename": file.relative_to(repositories[repo]).as_posix(),
                    "size": file.stat().st_size,
                    "blobId": "0",
                }
                for file in sorted(repositories[repo].rglob("*"))
                if file.is_file()
            ]
            about = {"id": repo, "sha": COMMIT, "siblings": files, "private": False, "tags": []}
            if count := (stated or {}).get(repo):
                about["safetensors"] = {"parameters": {"F16": count}, "total": count}
            self.answer(json.dumps(about).encode(), {"Content-Type": "application/json"})

        def send_file(self, repo: str, revision: str, name: str) -> None:
            if not self.known(repo, revision):
                return
            file = repositories[repo] / name
            if not file.is_file():
                self.refuse("EntryNotFound")
                return
            content = file.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            self.answer(content, {"ETag": etag, "X-Repo-Commit": COMMIT})

        def known(self, repo: str, revision: str) -> bool:
            if repo not in repositories:
                self.refuse("RepoNotFound")
            elif revision not in ("main", COMMIT):
                self.refuse("RevisionNotFound")
            return repo in repositories and revision in ("main", COMMIT)

        def refuse(self, code: str) -> None:
            self.answer(b"", {"X-Error-Code": code}, status=404)

        def answer(self, content: bytes, headers: dict[str, str], status: int = 200) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
