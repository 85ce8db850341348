import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exchange } from "./exchange.ts";
import { findProgram } from "./find.ts";
import { startInstalled } from "./installed-service.ts";
import { claimPort } from "./ports.ts";
import { startRedis } from "./redis.ts";
import type { CommonOptions, RedisCluster, RedisSentinel, Service } from "./service.ts";

/** Three primaries and no replicas: the smallest cluster that is whole. */
export async function startRedisCluster(options: CommonOptions = {}): Promise<RedisCluster> {
  const buses = await Promise.all([claimPort(), claimPort(), claimPort()]);
  const nodes: Service[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    for (const bus of buses) bus.release();
  };
  try {
    for (const bus of buses) {
      const settings = { "cluster-enabled": "yes", "cluster-port": String(bus.port), "cluster-node-timeout": "2000" };
      nodes.push(await startRedis({ settings: { ...settings, ...options.settings } }, "redis-cluster"));
    }
    await joinNodes(
      nodes,
      buses.map((bus) => bus.port),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...facade(nodes[0]!, nodes),
    nodes,
    stop,
    async restart() {
      await Promise.all(nodes.map((node) => node.restart()));
      await untilWhole(nodes);
    },
  };
}

async function joinNodes(nodes: Service[], busPorts: number[]): Promise<void> {
  const slots = 16_384;
  for (const [index, node] of nodes.entries()) {
    const [from, to] = [Math.ceil((index * slots) / nodes.length), Math.ceil(((index + 1) * slots) / nodes.length) - 1];
    await command(node, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
    await command(node, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
    if (index > 0) await command(node, `CLUSTER MEET 127.0.0.1 ${nodes[0]!.port} ${busPorts[0]}`);
  }
  await untilWhole(nodes);
}

function untilWhole(nodes: Service[]): Promise<void> {
  return until(async () => {
    const answers = await Promise.all(nodes.map((node) => command(node, "CLUSTER INFO")));
    return answers.every(
      (text) => text.includes("cluster_state:ok") && text.includes(`cluster_known_nodes:${nodes.length}`),
    );
  });
}

/** A primary, its replica and three sentinels; any two sentinels agree that a primary is down after one second. */
export async function startRedisSentinel(options: CommonOptions = {}): Promise<RedisSentinel> {
  const primaryName = "trilby";
  const all: Service[] = [];
  const stop = async () => {
    await Promise.all(all.map((service) => service.stop()));
  };
  try {
    const data = options.settings ? { settings: options.settings } : {};
    const primary = await startRedis(data, "redis-sentinel");
    all.push(primary);
    const replica = await startRedis({ ...data, replicaOf: primary }, "redis-sentinel");
    all.push(replica);
    await until(async () => (await command(replica, "INFO replication")).includes("master_link_status:up"));
    const sentinels: Service[] = [];
    for (let index = 0; index < 3; index++) {
      const sentinel = await startSentinel(primaryName, primary);
      sentinels.push(sentinel);
      all.push(sentinel);
    }
    await until(async () => {
      const answers = await Promise.all(sentinels.map((sentinel) => command(sentinel, "INFO sentinel")));
      return answers.every((text) => text.includes("slaves=1,sentinels=3"));
    });
    return {
      ...facade(sentinels[0]!, all),
      primaryName,
      primary,
      replica,
      sentinels,
      stop,
      async restart() {
        for (const service of all) await service.restart();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startSentinel(primaryName: string, primary: Service): Promise<Service> {
  const program = findProgram("redis-sentinel", "Install redis-server.", "redis-server");
  return startInstalled({
    name: "redis-sentinel",
    async prepare({ folder, port }) {
      // The sentinel rewrites this file with what it learns.
      const configuration = join(folder, "sentinel.conf");
      writeFileSync(
        configuration,
        `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor ${primaryName} ${primary.host} ${primary.port} 2
sentinel down-after-milliseconds ${primaryName} 1000
sentinel failover-timeout ${primaryName} 5000
`,
      );
      return {
        command: { file: program, arguments: [configuration, "--sentinel"] },
        url: `redis://127.0.0.1:${port}`,
        probe: async () => (await exchange(port, "PING\r\n")).toString().startsWith("+PONG"),
      };
    },
  });
}

// What is done to the whole is done to each.
function facade(face: Service, all: Service[]): Service {
  return {
    ...face,
    get pid() {
      return face.pid;
    },
    async kill() {
      await Promise.all(all.map((service) => service.kill()));
    },
    async pause() {
      await Promise.all(all.map((service) => service.pause()));
    },
    async resume() {
      await Promise.all(all.map((service) => service.resume()));
    },
    log: () => all.map((service) => `--- ${service.address}\n${service.log()}`).join("\n"),
  };
}

async function command(service: Service, text: string): Promise<string> {
  const answer = (await exchange(service.port, `${text}\r\n`)).toString();
  if (answer.startsWith("-")) throw new Error(`${service.address} answered ${text} with ${answer.trim()}`);
  return answer;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("The Redis servers did not find each other in 60 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
