"""A proxy on loopback as badly set up ones are: it holds streams back until their end. It lends the server another name too."""

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host", "origin", "referer"})


@contextlib.contextmanager
def proxy(to: int, *, buffers: bool) -> Iterator[int]:
    """Its port. `to`: the server's; `buffers`: whether an answer is held back until it has ended."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            pass

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            there = http.client.HTTPConnection("127.0.0.1", to, timeout=120)
            try:
                there.request(self.command, self.path, body or None, sent)
                answer = there.getresponse()
                self._answer(answer)
            except OSError:
                self.close_connection = True
            finally:
                there.close()

        def _answer(self, answer: http.client.HTTPResponse) -> None:
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            streams = not buffers and (answer.getheader("content-type") or "").startswith("text/event-stream")
            if not streams:
                whole = b"".join(
                    iter(lambda: answer.read1(65536), b"")
                )  # of a stream: until it ends, which it does not
                self.send_header("Content-Length", str(len(whole)))
                self.end_headers()
                self.wfile.write(whole)
                return
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            while piece := answer.read1(65536):
                self.wfile.write(piece)
                self.wfile.flush()

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - names of http.server

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_args: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
