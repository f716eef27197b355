import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { failureOf } from "./failure.js";
import { Performer } from "./performer.js";
import { type Statement, Witness } from "./testimony.js";
import type { Order } from "./workload.js";
import { workloadNamed } from "./workloads/all-workloads.js";

// The program that is killed, or whose system calls fail: performs one workload and says what comes of it.

async function main(order: Order): Promise<void> {
  const witness = new Witness(order.place.testimonyPath);
  const workload = workloadNamed(order.workload);
  try {
    await workload.perform(new Performer(order, workload, witness));
  } catch (error) {
    witness.say(failureOf(error));
  }
  witness.say(left(order.place.directory));
  witness.end();
}

/** Asked of /proc, so that it adds no call on the store. */
function left(directory: string): Statement {
  const openFiles = readdirSync("/proc/self/fd").filter((number) => targetOf(number).startsWith(directory));
  const locks = readFileSync("/proc/locks", "latin1").split("\n");
  const ours = new RegExp(`: FLOCK +\\S+ +\\S+ +${process.pid} `);
  const heldLocks = locks.filter((line) => ours.test(line));
  return { kind: "left", openFileCount: openFiles.length, heldLockCount: heldLocks.length };
}

function targetOf(number: string): string {
  try {
    return readlinkSync(join("/proc/self/fd", number));
  } catch {
    // The descriptor by which the list was read.
    return "";
  }
}

void main(JSON.parse(process.argv[2]!));
