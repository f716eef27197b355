import type { LogVerification } from "@datawal/record-log";
import { Command } from "commander";
import type { Environment } from "../environment.js";
import { ExitCode, exitCodeOf } from "../exit-code.js";
import { findingFields, findingRows } from "../render/damage.js";
import { fieldText } from "../render/field.js";
import { jsonLine, SCHEMA } from "../render/json.js";
import { writeMessage } from "../render/message.js";
import { storeSentence } from "../render/sentence.js";
import { renderRows } from "../render/table.js";
import { openReader, readInto, readStore, verifyStore } from "../store/open-store.js";
import { type ReadBack, readBack } from "../store/read-back.js";
import { SpaceCount } from "../store/segment-space.js";
import type { DefineCommand, StoreArguments } from "./command.js";

export const defineCheck: DefineCommand = (act) =>
  new Command("check")
    .description("Check every frame, then read the value of every live key back.")
    .argument("<STORE>", "the store's directory")
    .action(act(check));

async function check({ store, json }: StoreArguments, environment: Environment): Promise<ExitCode> {
  const { stdout, watch, paint } = environment;
  const found = await verifyStore(store, watch);
  const keys = isOpenable(found) ? await readKeys(store, environment) : await countKeys(store, environment);
  const fields = referenceFields(found, keys);
  stdout.write(
    json
      ? jsonLine("check", { ...fields, ...findingFields(found), keys_unreadable: keys.keysUnreadable })
      : storeSentence(found, stdout) +
          renderRows(
            [["schema", SCHEMA], ["kind", "check"], ...Object.entries(fields), ...findingRows(found, store)],
            LABEL_WIDTH,
            stdout,
            paint,
          ),
  );
  return keys.keysUnreadable > 0 ? ExitCode.corruption : exitCodeOf(found.verdict);
}

const LABEL_WIDTH = 22;

function isOpenable({ report }: LogVerification): boolean {
  return report.midStreamErrors === 0;
}

/** Of a store that does not open: the keys whose last record that can be read is a Put, which has been read then. */
async function countKeys(store: string, { watch }: Environment): Promise<ReadBack> {
  const [, count] = await readInto(store, watch, () => new SpaceCount());
  return { keysChecked: count.keys, keysUnreadable: 0 };
}

async function readKeys(store: string, { stderr, watch }: Environment): Promise<ReadBack> {
  await using reader = await openReader(store, watch);
  const tell = (key: Uint8Array, { message }: Error) => {
    const shown = fieldText(key, "auto", KEY_BYTES_MAX);
    writeMessage(stderr, "check", `the value of key ${shown} cannot be read: ${message}`);
  };
  const pause = async (bytesDone: number, bytesTotal: number) => {
    watch.signal.throwIfAborted();
    await watch.onProgress({ bytesDone, bytesTotal });
    // Where nobody reads it, the verdict is still to be found.
    await stderr.drain().catch(() => undefined);
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
