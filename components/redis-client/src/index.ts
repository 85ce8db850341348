export { closeRedis, connectRedis, duplicateRedis, type RedisClient } from "./connect.ts";
export { redisFields, redisProblems, type RedisOptions } from "./fields.ts";
export { isReply, redisError } from "./redis-errors.ts";
