import { startService, type ServiceName } from "@trilby/services";

// Starts what its arguments name, prints the process ids and dies without a word to anyone.
const services = await Promise.all(process.argv.slice(2).map((name) => startService(name as ServiceName)));
process.stdout.write(services.map((service) => service.pid).join(" "), () => process.kill(process.pid, "SIGKILL"));
