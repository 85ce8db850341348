import { exchange } from "../src/exchange.ts";
import type { Service } from "../src/service.ts";

/** One command, one answer. */
export async function send(redis: Service, command: string): Promise<string> {
  const answer = await exchange(redis.port, `${command}\r\n`, redis.certificates);
  return answer.toString().trimEnd();
}
