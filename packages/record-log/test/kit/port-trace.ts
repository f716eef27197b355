import type { FileSystem } from "@datawal/safeatomic";
import { type FaultyFileSystem, type PortCall, withFaults } from "@datawal/safeatomic/testing";

export interface TracedFileSystem {
  fileSystem: FaultyFileSystem;
  /** The calls since the last {@link takeCalls}, in order; taken from the trace. */
  takeCalls(): PortCall[];
  /** As {@link takeCalls}, as `operation path`. */
  takeNames(): string[];
}

/** Notes every call of the port. */
export function traced(inner: FileSystem): TracedFileSystem {
  let calls: PortCall[] = [];
  const fileSystem = withFaults(inner, (call) => void calls.push(call));
  const takeCalls = () => {
    const taken = calls;
    calls = [];
    return taken;
  };
  return {
    fileSystem,
    takeCalls,
    takeNames: () => takeCalls().map(({ operation, path }) => `${operation} ${path}`),
  };
}
