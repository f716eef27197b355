import type { FileSystem } from "@datawal/safeatomic";
import { createSimulatedDisk } from "@datawal/safeatomic/testing";
import { DataWal, isStoreError } from "datawal";
import type { FuzzTarget } from "../engine/target.js";
import { isSameBytes } from "../laws/expect-same.js";
import { FRAME_SEEDS } from "./frames.js";

/** A store of pairs that is open, and all that this asks of it. */
export interface FuzzedStore {
  put(key: Uint8Array, value: Uint8Array): unknown;
  get(key: Uint8Array): Uint8Array | undefined;
  closeSync(): unknown;
}

/** The first two bytes are the length of a key, little-endian, cut to what follows; then the key, then its value. */
export function roundtrip(
  open: (fileSystem: FileSystem) => FuzzedStore = (fileSystem) => DataWal.openSync("/store", { fileSystem }),
): FuzzTarget {
  return {
    name: "roundtrip",
    seeds: Object.values(FRAME_SEEDS).map((bytes) => Uint8Array.of(4, 0, ...bytes)),
    bytesMax: 2_048,
    run: (input) => {
      if (input.length < 3) return "too short";
      const rest = input.subarray(2);
      const keyLen = Math.min(input[0]! | (input[1]! << 8), rest.length);
      const [key, value] = [rest.slice(0, keyLen), rest.slice(keyLen)];
      const fileSystem = createSimulatedDisk();
      try {
        const store = open(fileSystem);
        store.put(key, value);
        requireValue(store.get(key), value);
        store.closeSync();
      } catch (error) {
        if (!isStoreError(error)) throw error;
        return error.code;
      }
      const again = open(fileSystem);
      requireValue(again.get(key), value);
      again.closeSync();
      return keyLen === 0 ? "no key" : "same";
    },
  };
}

function requireValue(found: Uint8Array | undefined, value: Uint8Array): void {
  if (!found || !isSameBytes(found, value)) throw new Error("get returned other bytes than were put");
}
