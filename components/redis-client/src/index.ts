export { closeRedis, clusterSlots, connectRedis, duplicateRedis } from "./connect.ts";
export { redisFields, redisProblems, type RedisOptions } from "./fields.ts";
export { isReply, redisError } from "./redis-errors.ts";
export type { RedisClient, RedisPipeline, RedisValue } from "./redis-client.ts";
