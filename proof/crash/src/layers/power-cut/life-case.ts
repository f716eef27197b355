import type { LayerTask } from "../../laboratory/layer.js";
import { FILE_SYSTEM_CASES, type FileSystemCase } from "./disk/file-systems.js";
import type { Port } from "./writer/order.js";

/** One life of a store: `ext4/3`, or with a disk that leaves something out `ext4/3/fdatasync` (writer/ports.ts). */
export interface LifeCase {
  fileSystem: FileSystemCase;
  life: number;
  port: Port;
}

/** The lives that a task asks for. @throws RangeError there is no such case */
export function lifeCases(task: LayerTask): LifeCase[] {
  if (!isWholeRun(task)) return [parseLifeCase(task.case!)];
  const all = FILE_SYSTEM_CASES.flatMap((fileSystem) =>
    Array.from(
      { length: fileSystem.lives * LIVES_FACTOR[task.length] },
      (_, life): LifeCase => ({ fileSystem, life, port: "honest" }),
    ),
  );
  return all.filter((_, index) => index % task.slice.count === task.slice.index);
}

const LIVES_FACTOR = { ci: 1, nightly: 5 };

/** What `--case` takes for everything again: what has been broken is no single case. */
export const WHOLE_RUN = "all";

export function isWholeRun({ case: id }: LayerTask): boolean {
  return id === undefined || id === WHOLE_RUN;
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
