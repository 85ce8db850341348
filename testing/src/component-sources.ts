import type { GivenComponent, ResourceText } from "@trilby/host";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** A definition with its properties; the text of a YAML file; or the path of a YAML file or of a folder of them. */
export type ComponentSource = GivenComponent | string | URL;

export interface ReadSources {
  readonly components: readonly GivenComponent[];
  readonly resources: readonly ResourceText[];
  readonly folders: readonly string[];
}

/** Sorts out what was given. Paths begin at `folder`, and so do those that stand in YAML texts. */
export async function readSources(sources: readonly ComponentSource[], folder: string): Promise<ReadSources> {
  const components: GivenComponent[] = [];
  const resources: ResourceText[] = [];
  const folders: string[] = [];
  for (const [index, source] of sources.entries()) {
    if (isGiven(source)) components.push(source);
    else if (typeof source === "string" && source.includes("\n")) {
      resources.push({ file: join(folder, `components[${index}]`), text: source });
    } else {
      const path = typeof source === "string" ? resolve(folder, source) : fileURLToPath(source);
      if (await isFolder(path, index)) folders.push(path);
      else resources.push({ file: path, text: await readFile(path, "utf8") });
    }
  }
  return { components, resources, folders };
}

function isGiven(source: ComponentSource): source is GivenComponent {
  return typeof source === "object" && "definition" in source;
}

async function isFolder(path: string, index: number): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new Error(
      `components[${index}] is neither YAML (which has several lines) nor the path of a file or folder: ${path}`,
      { cause: error },
    );
  }
}
