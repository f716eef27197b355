// Has the reference open a store, and prints what it finds there. `node proof/interop/pairs.mjs` builds and starts it.
import { ReferenceProcess } from "../reference/reference-process.js";
import { Reference } from "../sides/reference.js";

const [program, dir] = process.argv.slice(2);
await using reference = new ReferenceProcess([program!]);
const store = await new Reference(reference).open(dir!, "kv");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
for (const { key, value } of await store.pairs()) console.log(`${base64(key)} ${base64(value)}`);
await store.close();
