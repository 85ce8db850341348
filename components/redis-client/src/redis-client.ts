/**
 * A connection that is there. It comes back by itself when it is lost; commands of that time wait for it, until their
 * retries or their time are used up. The same for one node, behind sentinels and on a cluster.
 */
export interface RedisClient {
  /** Any command; texts in the answer come as strings. */
  call(command: string, ...values: RedisValue[]): Promise<unknown>;
  /** Any command; texts in the answer come as bytes. */
  callBuffer(command: string, ...values: RedisValue[]): Promise<unknown>;
  getBuffer(key: string): Promise<Buffer | null>;
  eval(script: string, keys: number, ...values: RedisValue[]): Promise<unknown>;
  evalsha(digest: string, keys: number, ...values: RedisValue[]): Promise<unknown>;
  info(section: string): Promise<string>;
  ping(): Promise<string>;
  /** Commands that go out together and are answered together. */
  pipeline(): RedisPipeline;
}

export interface RedisPipeline {
  eval(script: string, keys: number, ...values: RedisValue[]): RedisPipeline;
  evalsha(digest: string, keys: number, ...values: RedisValue[]): RedisPipeline;
  /** Waits until so many replicas have what was written before. */
  wait(replicas: number, timeoutMs: number): RedisPipeline;
  exec(): Promise<[error: Error | null, answer: unknown][] | null>;
}

export type RedisValue = string | Buffer | number;
