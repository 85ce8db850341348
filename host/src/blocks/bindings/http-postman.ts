import type { HttpAppChannel } from "../../app/channel.ts";
import { noTraceparent } from "../../observability/trace-context.ts";
import { readHttpAnswer } from "./http-answer.ts";
import type { BindingPostman } from "./postman.ts";

/** Events by POST to the binding's route; OPTIONS asks whether they are wanted. */
export function createHttpBindingPostman(
  channel: HttpAppChannel,
  path: string,
  probeTimeoutMs: number,
): BindingPostman {
  const probe = channel.route("OPTIONS", path);
  const route = channel.route("POST", path);
  return {
    async isWanted(signal) {
      try {
        const { status } = await probe.call({ contentType: json, signal, timeoutMs: probeTimeoutMs, repeatable: true });
        return (status >= 200 && status <= 299) || status === 405;
      } catch (error) {
        throw new Error(
          `could not invoke OPTIONS method on input binding subscription endpoint "${path}": ${(error as Error).message}`,
          {
            cause: error,
          },
        );
      }
    },
    async deliver({ data, metadata }, signal) {
      const { status, body } = await route.call({
        body: data,
        contentType: json,
        headers: metadata,
        traceparent: metadata["traceparent"] === undefined ? noTraceparent : undefined,
        signal,
        repeatable: true,
      });
      if (status < 200 || status > 299) {
        throw new Error(
          `fails to send binding event to http app channel, status code: ${status} body: ${excerpt(body)}`,
        );
      }
      return { body, answer: readHttpAnswer(body) };
    },
  };
}

const json = "application/json";

function excerpt(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, Math.min(body.length, 1024)).toString("utf8");
  return body.length > 1024 ? `${text}...` : text;
}
