import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Registry {
  url: string;
  /** `name@version` of everything published here. */
  published(): string[];
  close(): Promise<void>;
}

interface PackageDocument {
  name: string;
  versions: Record<string, { dist: { tarball: string } }>;
  "dist-tags": Record<string, string>;
}

interface Publication extends PackageDocument {
  _attachments: Record<string, { data: string }>;
}

/** As much of npm's registry as publishing to it and installing from it takes; it forgets everything at the end. */
export async function startRegistry(): Promise<Registry> {
  const documents = new Map<string, PackageDocument>();
  const tarballs = new Map<string, Buffer>();

  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => send(response, 500, { error: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? "/", url).pathname);
    if (request.method === "PUT") return publish(path.slice(1), await body(request), response);
    const tarball = tarballs.get(path);
    if (tarball) {
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(tarball);
      return;
    }
    const document = documents.get(path.slice(1));
    send(response, document ? 200 : 404, document ?? { error: "not_found" });
  }

  function publish(name: string, publication: Publication, response: ServerResponse): void {
    const document: PackageDocument = documents.get(name) ?? { name, versions: {}, "dist-tags": {} };
    for (const [version, manifest] of Object.entries(publication.versions)) {
      if (document.versions[version]) return send(response, 409, { error: "published already" });
      const [attachment] = Object.values(publication._attachments);
      const path = `/${name}/-/${version}.tgz`;
      tarballs.set(path, Buffer.from(attachment!.data, "base64"));
      document.versions[version] = { ...manifest, dist: { ...manifest.dist, tarball: url + path } };
    }
    Object.assign(document["dist-tags"], publication["dist-tags"]);
    documents.set(name, document);
    send(response, 201, { ok: true });
  }

  return {
    url,
    published: () =>
      [...documents].flatMap(([name, { versions }]) => Object.keys(versions).map((one) => `${name}@${one}`)),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function send(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
}

async function body(request: IncomingMessage): Promise<Publication> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as Publication;
}
