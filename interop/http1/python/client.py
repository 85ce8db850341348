"""Python's HTTP clients against a trilbyd: a line a step, `ok NAME` or `FAIL NAME: WHY`."""

import asyncio
import concurrent.futures
import http.client
import sys
import urllib.request

import aiohttp
import httpx
import requests
import urllib3

URL = sys.argv[1]
AUTHORITY = URL.removeprefix("http://")
SIZES = (1, 1_000, 64_000, 1_000_000, 4_000_000)


def item(size, name):
    return f'[{{"key":"{name}-{size}","value":"{"x" * size}"}}]'.encode()


def pieces(content):
    for at in range(0, len(content), 7_000):
        yield content[at : at + 7_000]


def step(name, run):
    try:
        run()
        print(f"ok {name}", flush=True)
    except Exception as error:
        print(f"FAIL {name}: {error!r}", flush=True)


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"{str(got)[:200]} instead of {str(wanted)[:200]}")


def judge(name, send):
    """`send(method, path, body)` answers with the status and the body."""

    def round_trip(size, body):
        expect(send("POST", "/v1.0/state/store", body)[0], 204)
        status, content = send("GET", f"/v1.0/state/store/{name}-{size}", None)
        expect((status, len(content)), (200, size + 2))
        expect(content, b'"' + b"x" * size + b'"')

    for size in SIZES:
        step(f"{name}: a value of {size} bytes goes and comes back", lambda: round_trip(size, item(size, name)))
    step(f"{name}: a body of unknown length", lambda: round_trip(100_000, pieces(item(100_000, name))))
    step(f"{name}: HEAD", lambda: expect(send("HEAD", "/v1.0/healthz", None)[0] in (204, 404, 405), True))
    step(f"{name}: OPTIONS", lambda: expect(send("OPTIONS", "/v1.0/healthz", None)[0] < 500, True))
    step(f"{name}: 204 and 404", lambda: expect([send("GET", path, None)[0] for path in ("/v1.0/healthz", "/none")], [204, 404]))

    def many():
        for _ in range(50):
            expect(send("GET", f"/v1.0/state/store/{name}-1000", None)[0], 200)

    step(f"{name}: 50 requests in turn", many)
    step(f"{name}: a body that is too large is refused, and the refusal is seen", lambda: expect(send("POST", "/v1.0/state/store", item(8_000_000, name))[0] in (400, 413), True))


def standard_library():
    connection = http.client.HTTPConnection(AUTHORITY, timeout=30)
    sockets = set()

    def send(method, path, body):
        connection.request(method, path, body)
        if connection.sock is not None:
            sockets.add(connection.sock)
        response = connection.getresponse()
        return response.status, response.read()

    judge("http.client", send)
    # The refusal may end one.
    step("http.client: all on one connection", lambda: expect(len(sockets) <= 2, True))
    connection.close()

    def old():
        class Old(http.client.HTTPConnection):
            _http_vsn = 10
            _http_vsn_str = "HTTP/1.0"

        for _ in range(3):
            connection = Old(AUTHORITY, timeout=30)
            connection.request("GET", "/v1.0/state/store/http.client-64000")
            response = connection.getresponse()
            expect((response.status, len(response.read())), (200, 64_002))

    step("http.client: HTTP/1.0", old)

    def by_urllib():
        with urllib.request.urlopen(f"{URL}/v1.0/state/store/http.client-64000", timeout=30) as response:
            expect((response.status, len(response.read())), (200, 64_002))

    step("urllib: Connection: close", by_urllib)


def by_urllib3():
    pool = urllib3.HTTPConnectionPool(*AUTHORITY.split(":"), maxsize=8, retries=False, timeout=30)

    def send(method, path, body):
        response = pool.request(method, path, body=body)
        return response.status, response.data

    judge("urllib3", send)
    step("urllib3: connections are kept", lambda: expect(pool.num_connections <= 2, True))

    def at_once():
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(lambda _: send("GET", "/v1.0/state/store/urllib3-1000", None)[0], range(200)))
        expect(statuses, [200] * 200)

    step("urllib3: 8 at once, 200 in all", at_once)


def by_requests():
    session = requests.Session()

    def send(method, path, body):
        response = session.request(method, URL + path, data=body, timeout=30)
        return response.status_code, response.content

    judge("requests", send)


def by_httpx():
    with httpx.Client(timeout=30, trust_env=False) as client:

        def send(method, path, body):
            response = client.request(method, URL + path, content=body)
            return response.status_code, response.content

        judge("httpx", send)


async def by_aiohttp():
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30)) as session:

        async def ask(method, path, body, **words):
            if body is not None and not isinstance(body, bytes):
                body = stream(list(body))
            async with session.request(method, URL + path, data=body, **words) as response:
                return response.status, await response.read()

        async def stream(content):
            for piece in content:
                yield piece

        def send(method, path, body):
            return asyncio.run_coroutine_threadsafe(ask(method, path, body), loop).result()

        await asyncio.to_thread(judge, "aiohttp", send)

        async def waits():
            status, _ = await ask("POST", "/v1.0/state/store", item(100_000, "aiohttp"), expect100=True)
            expect(status, 204)

        async def at_once():
            answers = await asyncio.gather(*(ask("GET", "/v1.0/state/store/aiohttp-1000", None) for _ in range(200)))
            expect([status for status, _ in answers], [200] * 200)

        for name, run in (("Expect: 100-continue", waits), ("200 at once", at_once)):
            try:
                await run()
                print(f"ok aiohttp: {name}", flush=True)
            except Exception as error:
                print(f"FAIL aiohttp: {name}: {error!r}", flush=True)


standard_library()
by_urllib3()
by_requests()
by_httpx()
asyncio.run(by_aiohttp())
