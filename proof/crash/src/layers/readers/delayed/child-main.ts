import { writeFileSync } from "node:fs";
import type { DirectoryEntry } from "@datawal/safeatomic";
import { CHANGES } from "../changes.js";
import { READINGS } from "../readings.js";
import { answerNow } from "./answer.js";
import { realDisk } from "./real-disk.js";

// The program whose system calls are delayed: one change, or one reading, which writes down what it shows.

/** What a child is told. */
export interface Order {
  kind: "change" | "reading";
  name: string;
  root: string;
  directory: string;
  answerPath: string;
  /** Whether to read as if one segment were not there: a planted fault. */
  isLiar: boolean;
}

function main({ kind, name, root, directory, answerPath, isLiar }: Order): void {
  const disk = realDisk(root);
  if (kind === "change") {
    CHANGES.find((change) => change.name === name)!.make(disk);
    return;
  }
  const shown = isLiar ? { ...disk, list: (path: string) => disk.list(path).filter(isNotHidden) } : disk;
  const reading = READINGS.find((each) => each.name === name)!;
  writeFileSync(answerPath, JSON.stringify(answerNow(reading, directory, shown)));
}

function isNotHidden({ name }: DirectoryEntry): boolean {
  return name !== "00000003.dwal";
}

main(JSON.parse(process.argv[2]!));
