import type { Kind } from "@trilby/kit";
import { RpcCode, RpcError, type CallOptions } from "@trilby/kit/transport";
import { refuse, unary, type WireMutant } from "./wire-mutant.ts";

/** Servers that break what Dapr relies on whatever the kind. `word` stands in the ids of the cases. */
export function protocolMutants<K extends Kind>(word: string): readonly WireMutant<K>[] {
  const caught = (...ids: string[]) => ids.map((id) => `${word}/${id}`);
  return [
    {
      name: "has no reflection v1alpha",
      caughtBy: caught("reflection-v1alpha-lists-the-services"),
      channel: (right) => ({ stream: (path, options) => right.stream(path.replace("v1alpha", "v0"), options) }),
    },
    {
      name: "refuses Ping",
      caughtBy: caught("ping-over-the-wire-is-ok-or-unimplemented"),
      channel: unary(
        (right) => async (path, request, options) =>
          path.endsWith("/Ping") ? refuse(RpcCode.INTERNAL) : right(path, request, options),
      ),
    },
    {
      name: "needs the instance header",
      caughtBy: caught("a-call-without-the-instance-header-is-for-an-instance-without-a-name"),
      channel: unary((right) => async (path, request, options) => {
        if (options.metadata?.length === 0) refuse(RpcCode.INVALID_ARGUMENT, "x-component-instance is missing");
        return right(path, request, options);
      }),
    },
    {
      name: "initialises an instance once only",
      caughtBy: caught("a-second-init-of-an-instance-replaces-it"),
      channel: unary((right) => {
        const known = new Set<string>();
        return async (path, request, options) => {
          if (path.endsWith("/Init")) {
            const one = path + instanceOf(options);
            if (known.has(one)) refuse(RpcCode.ALREADY_EXISTS);
            known.add(one);
          }
          return right(path, request, options);
        };
      }),
    },
    {
      name: "cannot initialise what was asked for something before",
      caughtBy: caught("features-asked-before-init-do-no-harm", "an-instance-that-was-never-initialised-harms-nobody"),
      channel: unary((right) => {
        const poisoned = new Set<string>();
        const initialised = new Set<string>();
        return async (path, request, options) => {
          const name = instanceOf(options);
          if (path.endsWith("/Init")) {
            if (poisoned.has(name)) refuse(RpcCode.INTERNAL, "the instance is in a bad state");
            initialised.add(name);
          } else if (!initialised.has(name)) poisoned.add(name);
          return right(path, request, options);
        };
      }),
    },
    {
      name: "falls over when an Init fails",
      caughtBy: caught("an-instance-whose-init-fails-leaves-the-others-alone"),
      channel: unary(falling(({ path }, error) => path.endsWith("/Init") && error !== undefined)),
    },
    {
      name: "falls over at an unknown instance",
      caughtBy: caught("an-instance-that-was-never-initialised-harms-nobody"),
      channel: unary(falling((_, error) => error?.code === RpcCode.FAILED_PRECONDITION)),
    },
    {
      name: "falls over at bytes that are no message",
      caughtBy: caught("bytes-that-are-no-message-get-an-error-and-end-nothing"),
      channel: unary(falling(({ request }) => request[0] === 0xff && request[1] === 0xff)),
    },
    {
      name: "answers OK to bytes that are no message",
      caughtBy: caught("bytes-that-are-no-message-get-an-error-and-end-nothing"),
      channel: unary(
        (right) => async (path, request, options) =>
          request[0] === 0xff ? new Uint8Array() : right(path, request, options),
      ),
    },
    {
      name: "refuses fields that it does not know",
      caughtBy: caught("fields-that-are-not-in-the-protocol-are-ignored"),
      channel: unary((right) => async (path, request, options) => {
        if (Buffer.from(request).subarray(-3).toString("hex") === "b83e07") refuse(RpcCode.INVALID_ARGUMENT);
        return right(path, request, options);
      }),
    },
    {
      name: "calls an unknown method internal",
      caughtBy: caught("a-method-that-is-not-in-the-protocol-is-unimplemented"),
      channel: unary((right) => async (path, request, options) => {
        if (path.endsWith("/NoSuchMethod")) refuse(RpcCode.INTERNAL);
        return right(path, request, options);
      }),
    },
  ];
}

type Seen = { readonly path: string; readonly request: Uint8Array };

/** A process that ends at some call: that one and all later ones find nobody. */
export function falling(when: (call: Seen, error: RpcError | undefined) => boolean): Parameters<typeof unary>[0] {
  return (right) => {
    let down = false;
    return async (path, request, options) => {
      if (down) refuse(RpcCode.UNAVAILABLE, "connection lost");
      let error: RpcError | undefined;
      try {
        return await right(path, request, options);
      } catch (thrown) {
        error = thrown instanceof RpcError ? thrown : undefined;
        throw thrown;
      } finally {
        down ||= when({ path, request }, error);
      }
    };
  };
}

function instanceOf({ metadata = [] }: CallOptions): string {
  return String(metadata.find(([name]) => name === "x-component-instance")?.[1] ?? "");
}
