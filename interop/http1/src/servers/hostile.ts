import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Verdicts } from "@trilby/interop-judging";
import {
  createHttp1Client,
  type Http1Answer,
  Http1CallError,
  type Http1Client,
  type Http1ClientRequest,
} from "@trilby/wire/http1";
import { badAnswers, goodAnswers, type ServerAnswer } from "./answers.ts";
import { onRequests, type ScriptedServer, startScripted } from "./scripted.ts";

const limits = { maxBodyBytes: 1_000_000, maxHeadBytes: 65_536 };

/** Servers that are broken, hostile or unlucky: an answer is whole or an error, and no request gets another's answer. */
export async function judgeByHostileServers({ check }: Verdicts): Promise<void> {
  for (const each of goodAnswers) {
    await check(`answer: ${each.name}`, () => judgeGood(each, [each.answer.length]));
    await check(`answer: ${each.name}, in pieces of every size`, async () => {
      const all = Array.from({ length: each.answer.length - 1 }, (_, at) => at + 1);
      await Promise.all(all.map((at) => judgeGood(each, [at, each.answer.length])));
      await judgeGood(each, [...all, each.answer.length]);
    });
    await check(`answer: ${each.name}, cut at every byte, is no answer`, async () => {
      const head = each.answer.lastIndexOf("\r\n\r\nhello") + 4;
      const cuts = Array.from({ length: each.answer.length }, (_, at) => at).filter(
        (at) => !each.untilClose || at < head,
      );
      await Promise.all(
        cuts.map((at) => judgeBad({ ...each, answer: each.answer.slice(0, at), closes: true, codes: ["broken"] })),
      );
    });
  }
  for (const each of badAnswers) await check(`answer: ${each.name}`, () => judgeBad(each));

  await check("two answers to one request: the second is nobody's", async () => {
    await withServer(
      (socket) => onRequests(socket, (path) => socket.write(`${answerOf(path)}${answerOf("/smuggled")}`)),
      async (client) => {
        for (let at = 0; at < 100; at++) equal(textOf(await get(client, `/${at}`, { repeatable: true })), `/${at}`);
      },
    );
  });
  await check("an answer and half of another: the other half is no part of what comes next", async () => {
    const other = answerOf("/smuggled");
    await withServer(
      (socket) => {
        let rest = "";
        onRequests(socket, (path) => {
          socket.write(`${rest}${answerOf(path)}${other.slice(0, 20)}`);
          rest = other.slice(20);
        });
      },
      async (client) => {
        for (let at = 0; at < 100; at++) equal(textOf(await get(client, `/${at}`, { repeatable: true })), `/${at}`);
      },
    );
  });
  await check("an answer that nobody asked for, on an idle connection: that connection is ended", async () => {
    let ended = Promise.resolve();
    await withServer(
      (socket) =>
        onRequests(socket, (path) => {
          ended = new Promise((resolve) => socket.once("close", () => resolve()));
          socket.write(answerOf(path));
          setTimeout(() => socket.write(answerOf("/smuggled")), 3);
        }),
      async (client) => {
        for (let at = 0; at < 30; at++) {
          equal(textOf(await get(client, `/${at}`)), `/${at}`);
          await ended;
        }
      },
    );
  });
  await check("a body behind an answer to HEAD, and behind 204", async () => {
    for (const [method, answer] of [
      ["HEAD", answerOf("/smuggled")],
      [
        "GET",
        `HTTP/1.1 204 No Content\r\nContent-Length: ${answerOf("/smuggled").length}\r\n\r\n${answerOf("/smuggled")}`,
      ],
    ] as const) {
      let asked = 0;
      await withServer(
        (socket) => onRequests(socket, (path) => socket.write(asked++ % 2 === 0 ? answer : answerOf(path))),
        async (client) => {
          for (let at = 0; at < 10; at++) {
            await get(client, "/odd", {}, method);
            equal(textOf(await get(client, `/even-${at}`)), `/even-${at}`);
          }
        },
      );
    }
  });
  await check("the connection ends right behind each answer: every request is answered, once", async () => {
    const seen: string[] = [];
    await withServer(
      (socket) =>
        onRequests(socket, (path) => {
          // What comes behind its FIN is not heard.
          if (!socket.writable) return;
          seen.push(path);
          socket.end(answerOf(path));
        }),
      async (client) => {
        for (let at = 0; at < 300; at++) equal(textOf(await get(client, `/${at}`, { repeatable: true })), `/${at}`);
      },
    );
    deepEqual(
      seen,
      Array.from({ length: 300 }, (_, at) => `/${at}`),
    );
  });
  await check(
    "idle connections end when they are taken: what may be repeated is answered, the rest answered or refused",
    async () => {
      await withServer(
        (socket, connection) => {
          onRequests(socket, (path) => {
            socket.write(answerOf(path));
            const end = (): void => void (connection % 2 === 0 ? socket.end() : socket.resetAndDestroy());
            socket.setTimeout(3 + (connection % 5)).once("timeout", end);
          });
        },
        async (client) => {
          let refused = 0;
          for (let at = 0; at < 300; at++) {
            equal(textOf(await get(client, `/a${at}`, { repeatable: true })), `/a${at}`);
            await sleep(2 + (at % 6));
            const answer = await get(client, `/b${at}`).catch((error: unknown) => {
              ok(error instanceof Http1CallError && error.code === "broken", String(error));
              refused++;
              return undefined;
            });
            if (answer !== undefined) equal(textOf(answer), `/b${at}`);
          }
          ok(refused < 290, `${refused} were refused`);
        },
      );
    },
  );
  await check("a server that closes whatever it gets: two attempts at most", async () => {
    let requests = 0;
    await withServer(
      (socket) =>
        onRequests(socket, (path) => {
          requests++;
          if (path === "/first") socket.write(answerOf(path));
          else socket.destroy();
        }),
      async (client) => {
        await get(client, "/first");
        await rejects(get(client, "/second", { repeatable: true }), { code: "broken" });
        equal(requests, 3);
      },
    );
  });
  await check("a server that never answers: the time, or whoever gives up, ends it", async () => {
    await withServer(
      (socket) => socket.resume(),
      async (client) => {
        await rejects(get(client, "/", { timeoutMs: 100 }), { code: "timeout" });
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 50);
        await rejects(get(client, "/", { signal: controller.signal }), { code: "cancelled" });
      },
    );
  });
  await check("a body of a byte at a time, without end: the time ends it", async () => {
    await withServer(
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        const timer = setInterval(() => socket.write("x"), 10);
        socket.once("close", () => clearInterval(timer));
      },
      (client) => rejects(get(client, "/", { timeoutMs: 300 }), { code: "timeout" }),
    );
  });
  await check("a body of 100 MB, where 1 MB is allowed: the server is not listened to any more", async () => {
    const block = Buffer.alloc(65_536, "x");
    let sent = 0;
    await withServer(
      (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${(1e8).toString(16)}\r\n`);
        const more = (): void => {
          while (sent < 1e8 && !socket.destroyed && socket.write(block)) sent += block.length;
        };
        socket.on("drain", more);
        more();
      },
      (client) => rejects(get(client, "/"), { code: "too-large" }),
    );
    ok(sent < 2e7, `${sent} bytes were sent`);
  });
  await check("an answer before the request was sent: it is taken, and the connection is not used again", async () => {
    const server = await startScripted((socket, connection) => {
      if (connection > 0) return onRequests(socket, (path) => socket.write(answerOf(path)));
      socket.once("data", () => {
        socket.pause();
        socket.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
      });
    });
    const client = createHttp1Client(server, limits);
    try {
      const answer = await client.send(client.prepare("POST", "/"), {
        body: Buffer.alloc(30_000_000),
        timeoutMs: 5_000,
      });
      equal(`${answer.status} ${textOf(answer)}`, "413 no");
      equal(textOf(await get(client, "/next")), "/next");
      equal(server.accepted(), 2);
    } finally {
      client.close();
      await server.close();
    }
  });
  await check("64 at once on a server that answers out of order in time: each gets its own", async () => {
    await withServer(
      (socket) =>
        onRequests(socket, (path) => void setTimeout(() => socket.write(answerOf(path)), Number(path.slice(1)) % 7)),
      async (client) => {
        const all = Array.from({ length: 640 }, async (_, at) => equal(textOf(await get(client, `/${at}`)), `/${at}`));
        await Promise.all(all);
      },
    );
  });
}

const answerOf = (path: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`;
const textOf = (answer: Http1Answer): string => Buffer.from(answer.body).toString("latin1");

function get(client: Http1Client, path: string, more: Http1ClientRequest = {}, method = "GET"): Promise<Http1Answer> {
  return client.send(client.prepare(method, path), { timeoutMs: 5_000, ...more });
}

async function withServer(
  script: Parameters<typeof startScripted>[0],
  run: (client: Http1Client, server: ScriptedServer) => Promise<void>,
): Promise<void> {
  const server = await startScripted(script);
  const client = createHttp1Client(server, limits);
  try {
    await run(client, server);
  } finally {
    client.close();
    await server.close();
  }
}

/** `pieces` are the places where it is cut. */
function serve(
  { answer, closes = false }: ServerAnswer,
  pieces: readonly number[],
): Parameters<typeof startScripted>[0] {
  return (socket) => {
    socket.once("data", () => {
      void (async () => {
        let from = 0;
        for (const to of pieces) {
          if (!socket.writable) return;
          socket.write(answer.slice(from, to), "latin1");
          from = to;
          if (to < answer.length) await new Promise(setImmediate);
        }
        if (closes) socket.end();
      })();
    });
  };
}

async function judgeGood(each: (typeof goodAnswers)[number], pieces: readonly number[]): Promise<void> {
  await withServer(serve(each, pieces), async (client) => {
    const answer = await get(client, "/", {}, each.method);
    equal(`${answer.status} ${textOf(answer)}`, `${each.status} ${each.body}`);
  });
}

async function judgeBad(each: (typeof badAnswers)[number]): Promise<void> {
  await withServer(serve(each, [each.answer.length]), async (client) => {
    const came = await get(client, "/", {}, each.method).then(
      ({ status }) => status,
      (error: unknown) => (error instanceof Http1CallError ? error.code : String(error)),
    );
    ok(each.codes.includes(came), `came ${came}, not ${each.codes.join(" or ")}`);
  });
}
