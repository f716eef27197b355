import type { DemoPaths } from "./demo-paths.js";

/** From the root of a clone npx finds the command of the workspace, nothing is installed for everybody. */
const COMMAND = "npx datawal";

/** @param key A key that is in the store. */
export function nextCommands({ store }: DemoPaths, key: Uint8Array): string[] {
  return [
    `${COMMAND} verify ${store}`,
    `${COMMAND} scan ${store} --limit 3`,
    `${COMMAND} get ${store} ${keyOption(key)}`,
  ];
}

/** As text where a shell takes it for one plain word. */
function keyOption(key: Uint8Array): string {
  const text = Buffer.from(key).toString("latin1");
  return /^\w[\w.:-]*$/.test(text) ? `--key ${text}` : `--key-base64 ${Buffer.from(key).toString("base64")}`;
}
