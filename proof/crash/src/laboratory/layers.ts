import { blockReplayLayer } from "../layers/block-replay/index.js";
import { bytesLayer } from "../layers/bytes/index.js";
import { failingCallsLayer } from "../layers/failing-calls/index.js";
import { failingSystemCallsLayer } from "../layers/failing-system-calls/index.js";
import { fullDiskLayer } from "../layers/full-disk/index.js";
import { groupKillLayer } from "../layers/group-kills/index.js";
import { killLayer } from "../layers/kill/index.js";
import { lockLayer } from "../layers/lock/index.js";
import { powerCutLayer } from "../layers/power-cut/index.js";
import { interopLayer, testsLayer } from "../layers/programs/index.js";
import { delayedReadersLayer, readersLayer } from "../layers/readers/index.js";
import {
  checkpointLayer,
  compactionLayer,
  compactionTwiceLayer,
  groupLayer,
  onePowerCutLayer,
  twoPowerCutsLayer,
  windowsLayer,
} from "../layers/simulated-disk/index.js";
import { soakLayer } from "../layers/soak/index.js";
import { writeBackFailureLayer } from "../layers/write-back-failure/index.js";
import type { Layer } from "./layer.js";

/** In the order of the table. */
export const LAYERS: readonly Layer[] = [
  bytesLayer,
  onePowerCutLayer,
  twoPowerCutsLayer,
  compactionLayer,
  compactionTwiceLayer,
  groupLayer,
  windowsLayer,
  checkpointLayer,
  failingCallsLayer,
  failingSystemCallsLayer,
  killLayer,
  groupKillLayer,
  powerCutLayer,
  blockReplayLayer,
  writeBackFailureLayer,
  fullDiskLayer,
  lockLayer,
  readersLayer,
  delayedReadersLayer,
  soakLayer,
  interopLayer,
  testsLayer,
];

/** The one layer whose name begins so. */
export function findLayer(layers: readonly Layer[], name: string): Layer {
  const found = layers.filter((layer) => layer.name.startsWith(name));
  if (found.length === 1) return found[0]!;
  const exact = found.find((layer) => layer.name === name);
  if (exact) return exact;
  throw new Error(
    `expected the name of one layer, one of ${layers.map((layer) => layer.name).join(", ")}; got ${name}`,
  );
}
