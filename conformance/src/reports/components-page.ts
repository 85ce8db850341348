import { countCases, type Certificate } from "./certificate.ts";

const kinds = [
  ["state", "State stores"],
  ["pubsub", "Pub/sub brokers"],
  ["bindings", "Bindings"],
  ["secretstores", "Secret stores"],
] as const;

/** The page of all components, from their certificates and nothing else. */
export function componentsPage(certificates: readonly Certificate[]): string {
  const sections = kinds.flatMap(([kind, title]) => {
    const ofKind = certificates.filter(({ component }) => component.kind === kind).sort(byType);
    return ofKind.length === 0 ? [] : [`## ${title}\n\n${table(ofKind)}\n${knownDeviations(ofKind)}`];
  });
  return `${[heading, ...sections].join("\n").trimEnd()}\n`;
}

const heading = `# Components

Generated from the certificates that the packages ship: what stands here was run, against the real server, in the process of the caller and
over a socket as Dapr's runtime does. \`passed\` counts both; a case that a component's features rule out is \`skipped\`, and its opposite ran.
The facts that the cases were given, every verdict with its reason, and measured figures stand in each package's \`certificate.json\`.
`;

function table(certificates: readonly Certificate[]): string {
  const rows = certificates.map((each) => {
    const { component, package: packed, certified, suite, date } = each;
    const counts = Object.values(each.placements).map((placement) => countCases(placement));
    const sum = (outcome: "passed" | "skipped" | "known" | "failed" | "fixed"): number =>
      counts.reduce((total, count) => total + count[outcome], 0);
    const variant = component.variant === undefined ? "" : ` (${component.variant})`;
    const cells = [
      `\`${component.type}\` ${component.version}${variant}`,
      packed === undefined ? "" : `\`${packed.name}\` ${packed.version}`,
      component.status ?? "",
      component.features.map((feature) => `\`${feature}\``).join(" "),
      certified ? `yes, ${date}, suite ${suite.version}` : `**no** (${sum("failed") + sum("fixed")} failed)`,
      String(sum("passed")),
      String(sum("skipped")),
      String(sum("known")),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = ["component", "package", "status", "features", "certified", "passed", "skipped", "known"];
  return [`| ${head.join(" | ")} |`, `|${head.map(() => " --- ").join("|")}|`, ...rows].join("\n");
}

function knownDeviations(certificates: readonly Certificate[]): string {
  const lines = certificates.flatMap(({ component, placements }) => {
    const known = new Set(
      Object.values(placements).flatMap(({ cases }) =>
        Object.entries(cases)
          .filter(([, verdict]) => verdict.startsWith("known: "))
          .map(([id, verdict]) => `- \`${component.type}\`, \`${id}\`: ${verdict.slice("known: ".length)}`),
      ),
    );
    return [...known];
  });
  return lines.length === 0 ? "" : `\nKnown deviations:\n\n${[...new Set(lines)].join("\n")}\n`;
}

function byType(left: Certificate, right: Certificate): number {
  const key = ({ component }: Certificate): string =>
    `${component.type} ${component.version} ${component.variant ?? ""}`;
  return key(left) < key(right) ? -1 : 1;
}
