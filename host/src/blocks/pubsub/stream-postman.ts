import { encodeMessage } from "@trilby/proto/encode";
import {
  SubscribeTopicEventsResponseAlpha1,
  type SubscribeTopicEventsRequestProcessedAlpha1,
} from "@trilby/proto/runtime";

import { AppError } from "../../app/app-error.ts";
import { textAttribute } from "./incoming-event.ts";
import type { Outcome, Postman } from "./postman.ts";
import { notTold, outcomeOfStatus, topicEventOf } from "./topic-event.ts";

/** Brings events to an application over the stream that it opened. Each waits for its own answer. */
export interface StreamPostman extends Postman {
  /** Events may go out: until then they wait. */
  open(): void;
  /** The application's answer to one event; false when no event of that id waits for one. */
  answered(answer: SubscribeTopicEventsRequestProcessedAlpha1): boolean;
  /** The application answers nothing more: what it has not answered was not handled. */
  end(): void;
}

export interface StreamPostmanSettings {
  /** Puts a message on the stream, in the order of the calls. Rejects when the application is gone. */
  send(message: Uint8Array): Promise<void>;
  readonly pubsubName: string;
  /** What the stream carries at most: it ends with a larger message. Undefined: no limit. */
  readonly maxMessageBytes: number | undefined;
}

export function createStreamPostman({ send, pubsubName, maxMessageBytes }: StreamPostmanSettings): StreamPostman {
  const waiting = new Map<string, PromiseWithResolvers<Outcome>>();
  const opened = Promise.withResolvers<void>();
  let isOver = false;

  return {
    async deliver(event, _metadata, signal) {
      const id = textAttribute(event, "id");
      let message: Uint8Array;
      try {
        const value = topicEventOf(event, pubsubName, path);
        message = encodeMessage(SubscribeTopicEventsResponseAlpha1, {
          subscribeTopicEventsResponseType: { $case: "eventMessage", value },
        });
      } catch (error) {
        return notTold(id, error);
      }
      if (maxMessageBytes !== undefined && message.length + prefixBytes > maxMessageBytes) {
        const reason = `pub/sub event ${id} is a message of ${message.length} bytes, and streams carry ${maxMessageBytes}: raise --max-body-size`;
        return { status: "retry", reason };
      }
      await opened.promise;
      // Answers name nothing but the id, so two events of one id never wait for theirs at the same time.
      for (let other = waiting.get(id); other !== undefined; other = waiting.get(id))
        await other.promise.then(nothing, nothing);
      if (isOver || signal.aborted) throw gone();
      const answer = Promise.withResolvers<Outcome>();
      const giveUp = (cause?: unknown): void => answer.reject(gone(cause));
      waiting.set(id, answer);
      signal.addEventListener("abort", giveUp, { once: true });
      try {
        // Not awaited: an application that does not read may still be cut off.
        send(message).catch(giveUp);
        return await answer.promise;
      } finally {
        waiting.delete(id);
        signal.removeEventListener("abort", giveUp);
      }
    },
    open: () => opened.resolve(),
    answered({ id, status }) {
      const answer = waiting.get(id);
      answer?.resolve(outcomeOfStatus(status?.status ?? 0, id));
      return answer !== undefined;
    },
    end() {
      isOver = true;
      opened.resolve();
      for (const answer of waiting.values()) answer.reject(gone());
    },
  };
}

/** In front of each message of gRPC; some count it in. */
const prefixBytes = 5;

/** What Dapr gives for the route of an event on a stream. */
const path = "/";

function gone(cause?: unknown): AppError {
  return new AppError("cancelled", "the app's stream has ended", cause);
}

function nothing(): void {}
