"""Python's HTTP servers for a client of ours. `serve.py NAME`: the first line says the port; it ends with its standard input."""

import asyncio
import http.server
import os
import socket
import sys
import threading
from urllib.parse import parse_qs

NAME = sys.argv[1]


def count_of(path):
    return int(path.rsplit("/", 1)[1])


def until_input_ends():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=until_input_ends, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1" if NAME == "http.server" else "HTTP/1.0"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path.startswith("/status/"):
            self.send_response(count_of(path))
            self.send_header("content-length", "0")
            self.end_headers()
            return
        count = count_of(path)
        self.send_response(200)
        if "length" in query:
            self.send_header("content-length", str(count))
        else:
            # No length and no chunks: the end of the connection.
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(b"x" * count)

    def log_message(self, *_):
        pass


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    path, query = scope["path"], scope["query_string"].decode()
    if path == "/echo":
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        return await send({"type": "http.response.body", "body": body})
    if path.startswith("/status/"):
        await send({"type": "http.response.start", "status": count_of(path), "headers": []})
        return await send({"type": "http.response.body", "body": b""})
    count = count_of(path)
    headers = [(b"content-length", str(count).encode())] if "length" in parse_qs(query, True) else []
    if "close" in query:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for at in range(0, count, 10_000):
        await send({"type": "http.response.body", "body": b"x" * min(10_000, count - at), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def wsgi(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/echo":
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    if path.startswith("/status/"):
        code = count_of(path)
        start_response(f"{code} Status", [] if code in (204, 304) else [("Content-Length", "0")])
        return []
    count = count_of(path)
    start_response("200 OK", [("Content-Length", str(count))] if "length" in query else [])
    return (b"x" * min(10_000, count - at) for at in range(0, count, 10_000))


def bound():
    # With its protocol named asyncio sets TCP_NODELAY, as it does on sockets of its own.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    print("port", listener.getsockname()[1], flush=True)
    return listener


if NAME.startswith("http.server"):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print("port", server.server_port, flush=True)
    server.serve_forever()
elif NAME == "uvicorn":
    import uvicorn

    asyncio.run(uvicorn.Server(uvicorn.Config(asgi, log_level="error", http="h11")).serve(sockets=[bound()]))
elif NAME == "gunicorn":
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):
        def load_config(self):
            listener = bound()
            os.set_inheritable(listener.fileno(), True)
            self.listener = listener
            self.cfg.set("bind", f"fd://{listener.fileno()}")
            self.cfg.set("worker_class", "gthread")
            self.cfg.set("threads", 8)
            self.cfg.set("loglevel", "error")

        def load(self):
            return wsgi

    sys.argv = sys.argv[:1]
    Application().run()
elif NAME == "aiohttp":
    from aiohttp import web

    async def echo(request):
        return web.Response(body=await request.read())

    async def status(request):
        return web.Response(status=int(request.match_info["code"]))

    async def some(request):
        count = int(request.match_info["count"])
        response = web.StreamResponse()
        if "length" in request.query:
            response.content_length = count
        else:
            response.enable_chunked_encoding()
        if "close" in request.query:
            response.force_close()
        await response.prepare(request)
        for at in range(0, count, 10_000):
            await response.write(b"x" * min(10_000, count - at))
        return response

    async def serve():
        application = web.Application(client_max_size=2**26)
        application.add_routes([web.post("/echo", echo), web.get("/status/{code}", status), web.get("/bytes/{count}", some)])
        runner = web.AppRunner(application)
        await runner.setup()
        await web.SockSite(runner, bound()).start()
        await asyncio.Event().wait()

    asyncio.run(serve())
