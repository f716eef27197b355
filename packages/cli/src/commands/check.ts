import type { LogVerification } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { ExitCode, exitCodeOf } from "../exit-code.js";
import { renderField } from "../render/bytes.js";
import { findingFields, findingRows } from "../render/damage.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { renderRows } from "../render/table.js";
import { safeLine } from "../render/terminal-safe.js";
import { openReader, readStore, verifyStore } from "../store/open-store.js";
import { type ReadBack, readBack } from "../store/read-back.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineCheck: DefineCommand = (act) =>
  new Command("check")
    .description("Check every frame, then read the value of every live key back.")
    .argument("<STORE>", "the store's directory")
    .action(act(check));

async function check({ store, json }: StoreArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, watch, paint } = environment;
  const found = await verifyStore(store, watch);
  const keys = isOpenable(found) ? await readKeys(store, environment) : NO_KEYS;
  const fields = referenceFields(found, keys);
  stdout.write(
    json
      ? jsonLine("check", { ...fields, ...findingFields(found), keys_unreadable: keys.keysUnreadable })
      : renderRows(
          [["schema", SCHEMA], ["kind", "check"], ...Object.entries(fields), ...findingRows(found)],
          LABEL_WIDTH,
          paint,
        ),
  );
  return keys.keysUnreadable > 0 ? ExitCode.corruption : exitCodeOf(found.verdict);
}

const LABEL_WIDTH = 22;

/** Keys are read from a store that opens: of another, nobody can tell which records still hold. */
function isOpenable({ report }: LogVerification): boolean {
  return report.midStreamErrors === 0;
}

const NO_KEYS: ReadBack = { keysChecked: 0, keysUnreadable: 0 };

async function readKeys(store: string, { stderr, watch }: Environment): Promise<ReadBack> {
  await using reader = await openReader(store, watch);
  const tell = (key: Uint8Array, { message }: Error) => {
    const shown = renderField(key, "auto", KEY_BYTES_MAX);
    stderr.write(`datawal: check: the value of key ${shown} cannot be read: ${safeLine(message)}\n`);
  };
  const pause = async (bytesDone: number, bytesTotal: number) => {
    watch.signal.throwIfAborted();
    await watch.onProgress({ bytesDone, bytesTotal });
    await stderr.drain();
  };
  return await readStore(store, () => readBack(reader, tell, pause));
}

/** Bytes of a key that a message shows. */
const KEY_BYTES_MAX = 64;

function referenceFields({ report }: LogVerification, { keysChecked }: ReadBack) {
  return {
    keys_checked: keysChecked,
    tail_truncated: report.tailTruncated,
    tail_bytes_discarded: report.tailBytesDiscarded,
    mid_stream_errors: report.midStreamErrors,
    unsupported_versions: report.unsupportedVersions,
  };
}
