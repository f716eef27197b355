import { release } from "node:os";
import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { DiskRack } from "../power-cut/disk/disk-rack.js";
import { CACHED_CASES, type FileSystemCase } from "../power-cut/disk/file-systems.js";
import { bundleProgram, type ChildProgram } from "../power-cut/machine/child-program.js";
import { missingForDisks } from "../power-cut/machine/requirements.js";
import { SeededRandom } from "../power-cut/machine/seeded-random.js";
import { Tool } from "../power-cut/machine/tool.js";
import { Story } from "../power-cut/story.js";
import { Chain } from "./chain.js";
import type { ChainOrder } from "./chain-protocol.js";
import { CHAINS } from "./chains.js";

/** Failed write-backs on real file systems of a real kernel: what was acknowledged is kept through what follows. */
export const writeBackFailureLayer: Layer = {
  name: "L4 failed write-back",
  missing: missingForDisks,
  run: async (task) => {
    const writer = await bundleProgram("layers/write-back-failure/chain-writer.ts", "chain-writer");
    const rack = new DiskRack();
    const anotherProgram = new Tool("another_program.py");
    try {
      return await new WriteBackFailures(task, { rack, writer, anotherProgram }).run();
    } finally {
      await anotherProgram.close();
      await rack.close();
    }
  },
};

/** `ext4-cache/told/1`, or without the sync note `ext4-cache/told/1/hides-note`. */
interface ChainCase {
  fileSystem: FileSystemCase;
  chain: string;
  round: number;
  port: ChainOrder["port"];
}

interface Machine {
  rack: DiskRack;
  writer: ChildProgram;
  anotherProgram: Tool;
}

class WriteBackFailures {
  readonly #task: LayerTask;
  readonly #machine: Machine;
  readonly #violations: Violation[] = [];
  readonly #facts: string[] = [];
  #cases = 0;

  constructor(task: LayerTask, machine: Machine) {
    this.#task = task;
    this.#machine = machine;
  }

  async run(): Promise<LayerResult> {
    for (const chainCase of this.#mine()) {
      const violation = await this.#follow(chainCase);
      this.#cases++;
      if (violation) this.#violations.push(violation);
      if (violation && this.#task.stopsAtFirst) break;
    }
    if (this.#task.case === undefined && this.#violations.length === 0) await this.#requireNoteNeeded();
    const names = CACHED_CASES.map(({ type }) => type).join(", ");
    this.#facts.unshift(
      `${this.#cases} chains of ${Object.keys(CHAINS).length} kinds on ${names}, Linux ${release()}`,
    );
    return { cases: this.#cases, violations: this.#violations, facts: this.#facts };
  }

  #mine(): ChainCase[] {
    const { slice } = this.#task;
    if (this.#task.case !== undefined) return [parseCase(this.#task.case)];
    const all = CACHED_CASES.flatMap((fileSystem) =>
      Object.keys(CHAINS).flatMap((chain) =>
        Array.from(
          { length: ROUNDS[this.#task.length] },
          (_, round): ChainCase => ({ fileSystem, chain, round, port: "honest" }),
        ),
      ),
    );
    return all.filter((_, index) => index % slice.count === slice.index);
  }

  async #follow({ fileSystem, chain: name, round, port }: ChainCase): Promise<Violation | undefined> {
    const { rack, writer, anotherProgram } = this.#machine;
    const id = `${fileSystem.name}/${name}/${round}${port === "honest" ? "" : `/${port}`}`;
    const story = new Story(
      `${id} on ${fileSystem.type} (${fileSystem.mountOptions}), seed ${this.#task.seed}`,
    );
    const tell = (...parts: readonly unknown[]) => story.tell(...parts);
    const random = new SeededRandom(this.#task.seed, Object.keys(CHAINS).indexOf(name), round);
    const disk = await rack.freshCachedDisk(fileSystem);
    const chain = new Chain({ disk, writer, anotherProgram, port, random, tell });
    try {
      await CHAINS[name]!(chain);
      return undefined;
    } catch (error) {
      return story.violation(id, error);
    } finally {
      await chain.end();
      await disk.remove();
    }
  }

  /** A store that trusts its own fsync must lose something, or these chains prove nothing. */
  async #requireNoteNeeded(): Promise<void> {
    const { slice } = this.#task;
    for (const fileSystem of CACHED_CASES.filter((_, index) => index % slice.count === slice.index)) {
      const caught: string[] = [];
      for (const chain of Object.keys(CHAINS)) {
        const violation = await this.#follow({ fileSystem, chain, round: 0, port: "hides-note" });
        if (violation) caught.push(`${chain} (${violation.sentence})`);
      }
      this.#facts.push(`${fileSystem.type}: without the sync note broken by ${caught.join(", ")}`);
      if (caught.length > 0) continue;
      this.#violations.push({
        sentence: "a store without its sync note is broken by some chain",
        case: `${fileSystem.name}/told/0/hides-note`,
        story: `on ${fileSystem.type} it was broken by none`,
      });
    }
  }
}

/** Seeds that each kind of chain gets. */
const ROUNDS = { ci: 3, nightly: 15 };

function parseCase(name: string): ChainCase {
  const [fileSystemName, chain = "", round, port = "honest"] = name.split("/");
  const fileSystem = CACHED_CASES.find((candidate) => candidate.name === fileSystemName);
  if (!fileSystem || !(chain in CHAINS))
    throw new RangeError(`case expected FILE-SYSTEM/CHAIN/ROUND, as ext4-cache/told/0, got ${name}`);
  return { fileSystem, chain, round: Number(round), port: port as ChainOrder["port"] };
}
