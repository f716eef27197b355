import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a child works, the same for every case of a run, so that the paths in a trace are known before. */
export interface Place {
  /** Everything that the child touches lies below. */
  directory: string;
  store: string;
  /** Beside it, so that no injected fault and no count includes it. */
  testimonyPath: string;
  tracePath: string;
}

export interface Workshop extends Disposable {
  place: Place;
  /** Empties the place. */
  clear(): void;
}

/** In memory where the machine has that: a kill and an injected error lose nothing that a write has put there. */
export function createWorkshop(name: string): Workshop {
  const root = mkdtempSync(join(memoryDirectory() ?? tmpdir(), `datawal-${name}-`));
  const directory = join(root, "work");
  const place = {
    directory,
    store: join(directory, "store"),
    testimonyPath: join(root, "testimony"),
    tracePath: join(root, "trace"),
  };
  return {
    place,
    clear() {
      for (const path of [directory, place.testimonyPath, place.tracePath])
        rmSync(path, { recursive: true, force: true });
      mkdirSync(directory);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

function memoryDirectory(): string | undefined {
  try {
    accessSync("/dev/shm", constants.W_OK);
    return "/dev/shm";
  } catch {
    return undefined;
  }
}
