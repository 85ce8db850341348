import { spawnSync } from "node:child_process";

/**
 * How a command is started in a network of its own, where nobody else's connections take the ports the suite has picked: as
 * root it picks from 40000 on, which is where Linux takes the local ports of connections from. Undefined where the system
 * does not let us (it needs unshare and ip); the suite then runs in the common network and may find a port taken.
 */
export function ownNetwork(): readonly string[] | undefined {
  const words = ["--map-root-user", "--net", "sh", "-c", `${prepare} && exec "$@"`, "sh"];
  const isAllowed = spawnSync("unshare", [...words, "true"], { stdio: "ignore" }).status === 0;
  return isAllowed ? ["unshare", ...words] : undefined;
}

const prepare = [
  "ip link set lo up",
  // Daemons find each other by multicast.
  "ip link set lo multicast on",
  "ip route add 224.0.0.0/4 dev lo",
  "echo '10000 29999' > /proc/sys/net/ipv4/ip_local_port_range",
].join(" && ");
