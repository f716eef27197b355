import type { LayerTask } from "../../laboratory/layer.js";
import { FILE_SYSTEM_CASES, type FileSystemCase } from "./disk/file-systems.js";
import type { Port } from "./writer/order.js";

/** One life of a store: `ext4/3`, or with another port than the real disk `ext4/3/no-fsync`. */
export interface LifeCase {
  fileSystem: FileSystemCase;
  life: number;
  port: Port;
}

/** The lives that a task asks for. @throws RangeError there is no such case */
export function lifeCases({ slice, case: id }: LayerTask): LifeCase[] {
  if (id !== undefined) return [parseLifeCase(id)];
  const all = FILE_SYSTEM_CASES.flatMap((fileSystem) =>
    Array.from({ length: fileSystem.lives }, (_, life): LifeCase => ({ fileSystem, life, port: "honest" })),
  );
  return all.filter((_, index) => index % slice.count === slice.index);
}

/** What `--case` takes. */
export function lifeName({ fileSystem, life, port }: LifeCase): string {
  return `${fileSystem.name}/${life}${port === "honest" ? "" : `/${port}`}`;
}

function parseLifeCase(id: string): LifeCase {
  const [name, life = "", port = "honest"] = id.split("/");
  const fileSystem = FILE_SYSTEM_CASES.find((candidate) => candidate.name === name);
  if (!fileSystem || !/^\d+$/.test(life))
    throw new RangeError(`case expected FILE-SYSTEM/LIFE, such as ext4/3, got ${id}`);
  return { fileSystem, life: Number(life), port: port as Port };
}
