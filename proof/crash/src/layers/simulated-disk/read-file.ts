import type { FileSystem } from "@datawal/safeatomic";

/** All bytes of a file; a copy. */
export function readFile(fileSystem: FileSystem, path: string): Uint8Array {
  const file = fileSystem.open(path, "read");
  const content = new Uint8Array(file.stat().size);
  file.readAt(content, 0, content.length, 0);
  file.close();
  return content;
}
