// Us, as users get it: the built packages.
import { appending } from "./datawal/appending.mjs";
import { keyValue } from "./datawal/key-value.mjs";
import { longOperations } from "./datawal/long-operations.mjs";
import { overwriting } from "./datawal/overwriting.mjs";
import { reading } from "./datawal/reading.mjs";
import { stalls } from "./datawal/stalls.mjs";
import { synced } from "./datawal/synced.mjs";
import { tails } from "./datawal/tails.mjs";
import { tried } from "./datawal/tried.mjs";
import { triedCrcs } from "./datawal/tried-crcs.mjs";

export const operations = {
  ...appending,
  ...synced,
  ...keyValue,
  ...reading,
  ...overwriting,
  ...longOperations,
  ...stalls,
  ...tails,
  ...tried,
  ...triedCrcs,
};
