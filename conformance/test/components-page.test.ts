import { expect, test } from "vitest";
import { createCertificate } from "../src/reports/certificate.ts";
import { componentsPage } from "../src/reports/components-page.ts";
import { escapeMarkup } from "../src/reports/markup.ts";
import { shownFacts, type Report } from "../src/reports/report.ts";

const report: Report = {
  component: { type: "state.shelf", version: "v1", kind: "state", status: "beta", features: ["ETAG"] },
  package: { name: "dapr-state-shelf", version: "1.2.3" },
  suite: { name: "@trilby/conformance", version: "0.1.0" },
  startedAt: "2026-11-23T10:00:00.000Z",
  durationMs: 1_000,
  facts: {},
  placements: [
    {
      name: "socket",
      verdicts: [
        { id: "state/a", class: "functional", outcome: "passed", durationMs: 1 },
        { id: "state/b", class: "functional", outcome: "known", durationMs: 1, reason: "the server has a bug" },
        { id: "state/c", class: "functional", outcome: "skipped", durationMs: 0, reason: "no TTL" },
        {
          id: "state/d",
          class: "figure",
          outcome: "passed",
          durationMs: 9,
          figures: { getP50Ms: 0.4, getP99Ms: 2, getsPerSecond: 9_000 },
        },
      ],
    },
  ],
};

test("the page says what the certificates say", () => {
  const page = componentsPage([createCertificate(report)]);
  expect(page).toContain("## State stores");
  expect(page).toContain(
    "| `state.shelf` v1 | `dapr-state-shelf` 1.2.3 | beta | `ETAG` | yes, 2026-11-23, suite 0.1.0 | 2 | 1 | 1 |",
  );
  expect(page).toContain("- `state.shelf`, `state/b`: the server has a bug");
});

test("a certificate of a component that failed says so", () => {
  const [placement] = report.placements;
  const failed = {
    ...report,
    placements: [{ ...placement!, verdicts: [{ ...placement!.verdicts[0]!, outcome: "failed" as const }] }],
  };
  expect(componentsPage([createCertificate(failed)])).toContain("**no** (1 failed)");
});

test("no value of a secret is in a report", () => {
  expect(JSON.stringify(shownFacts({ secrets: { database: { password: "hidden" } }, missing: "m" }))).toBe(
    '{"secrets":{"database":["password"]},"missing":"m"}',
  );
});

test("markup is escaped, and what XML cannot hold is replaced", () => {
  expect(escapeMarkup(`<a href="x">&'\u0000\u001b`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;&#39;\ufffd\ufffd");
});
