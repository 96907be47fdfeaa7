export { createDatabase, type TestDatabase } from './create-database.ts';
export { type MariadbOptions, startMariadb } from './mariadb.ts';
export { type PostgresOptions, startPostgres } from './postgres.ts';
export { type RedisOptions, startRedis } from './redis.ts';
export { type RedisCluster, startRedisCluster } from './redis-cluster.ts';
export { type Sentinel, startSentinel } from './redis-sentinel.ts';
export type { Service } from './service.ts';
