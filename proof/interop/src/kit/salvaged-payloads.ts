import { salvageTo, verifyLog } from "@datawal/record-log";

/** The payloads, as text, of all that `repair` brings back: the log's, and those of its quarantine files. */
export async function salvagedPayloads(dir: string, target: string): Promise<string[]> {
  const { isPublished, quarantines } = await salvageTo(dir, target);
  const payloads: string[] = [];
  for (const store of [...(isPublished ? [target] : []), ...quarantines.flatMap((each) => each.target ?? [])])
    await verifyLog(store, { replay: ({ payload }) => payloads.push(Buffer.from(payload).toString()) });
  return payloads;
}
