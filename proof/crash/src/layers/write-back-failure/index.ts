import { release } from "node:os";
import type { Layer, LayerResult, LayerTask, Violation } from "../../laboratory/layer.js";
import { copiesNotSynced } from "../../mutants/compactions.js";
import { DiskRack } from "../power-cut/disk/disk-rack.js";
import { CACHED_CASES, type FileSystemCase } from "../power-cut/disk/file-systems.js";
import { bundleProgram, type ChildProgram } from "../power-cut/machine/child-program.js";
import { missingForDisks } from "../power-cut/machine/requirements.js";
import { SeededRandom } from "../power-cut/machine/seeded-random.js";
import { Tool } from "../power-cut/machine/tool.js";
import { STEP_FAILED, Story } from "../power-cut/story.js";
import { Chain } from "./chain.js";
import type { ChainOrder } from "./chain-protocol.js";
import { CHAINS, isCompacted } from "./chains.js";

const WRITER = "layers/write-back-failure/chain-writer.ts";

/** Failed write-backs on real file systems of a real kernel: what was acknowledged is kept through what follows. */
export const writeBackFailureLayer: Layer = {
  name: "L4 failed write-back",
  missing: missingForDisks,
  run: async (task) => {
    const writer = await bundleProgram(WRITER, "chain-writer");
    const flawedWriter = await bundleProgram(WRITER, "chain-flawed-writer", copiesNotSynced());
    const rack = new DiskRack();
    const anotherProgram = new Tool("another_program.py");
    try {
      return await new WriteBackFailures(task, { rack, writer, flawedWriter, anotherProgram }).run();
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
  /** Of the port `copies-not-synced`. */
  flawedWriter: ChildProgram;
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
    if (this.#task.case === undefined && this.#violations.length === 0) await this.#requireFaultsCaught();
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
    const { rack, anotherProgram } = this.#machine;
    const writer = this.#machine[port === "copies-not-synced" ? "flawedWriter" : "writer"];
    const contents = isCompacted(name) ? "compacted" : "pairs";
    const id = `${fileSystem.name}/${name}/${round}${port === "honest" ? "" : `/${port}`}`;
    const story = new Story(
      `${id} on ${fileSystem.type} (${fileSystem.mountOptions}), seed ${this.#task.seed}`,
    );
    const tell = (...parts: readonly unknown[]) => story.tell(...parts);
    const random = new SeededRandom(this.#task.seed, Object.keys(CHAINS).indexOf(name), round);
    const disk = await rack.freshCachedDisk(fileSystem);
    const chain = new Chain({ disk, writer, contents, anotherProgram, port, random, tell });
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

  /**
   * A store that trusts its own fsync must lose something by some chain, and so must one whose compaction removes what it
   * has not moved, or these chains prove nothing.
   */
  async #requireFaultsCaught(): Promise<void> {
    const { slice } = this.#task;
    for (const fileSystem of CACHED_CASES.filter((_, index) => index % slice.count === slice.index)) {
      await this.#requireCaught(fileSystem, "hides-note", Object.keys(CHAINS));
      await this.#requireCaught(fileSystem, "copies-not-synced", ["told-in-a-compaction-and-evicted"]);
    }
  }

  async #requireCaught(fileSystem: FileSystemCase, port: ChainOrder["port"], chains: readonly string[]) {
    for (const chain of chains) {
      const violation = await this.#follow({ fileSystem, chain, round: 0, port });
      if (!violation || violation.sentence === STEP_FAILED) continue;
      this.#facts.push(`${fileSystem.type}: ${port} is caught by ${chain}: ${violation.sentence}`);
      return;
    }
    this.#violations.push({
      sentence: `a store with the fault ${port} is broken by some chain`,
      case: `${fileSystem.name}/${chains[0]}/0/${port}`,
      story: `on ${fileSystem.type} it was broken by none`,
    });
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
