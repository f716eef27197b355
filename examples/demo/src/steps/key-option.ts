/** A key as options of the command `datawal`: as text where a shell takes it for one plain word. */
export function keyOption(key: Uint8Array): string {
  const text = Buffer.from(key).toString("latin1");
  return /^\w[\w.:-]*$/.test(text) ? `--key ${text}` : `--key-base64 ${Buffer.from(key).toString("base64")}`;
}
