import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const TOOLS = join(import.meta.dirname, "../../tools");
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/**
 * Writes to a disk of 8 sectors, all "o", whose superblock is the last 1024 bytes; returns what building its images
 * printed, a line each.
 */
function imagesOf(writes: string, builds: string): string[] {
  const script = `
import sys, tempfile
sys.path.insert(0, ${JSON.stringify(TOOLS)})
from recorded_disk import RecordedDisk
directory = tempfile.TemporaryDirectory()
image, target = directory.name + "/image", directory.name + "/target"
open(image, "wb").write(b"o" * 4096)
disk = RecordedDisk(image, 3072)
def built(epoch, loss, seed=1):
    disk.build(epoch, loss, seed, target)
    return "".join(chr(byte) for byte in open(target, "rb").read()[::512])
${writes}
${builds}
`;
  const { stdout, stderr, status } = spawnSync("python3", ["-B", "-c", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split("\n");
}

const WRITES = `
disk.write(0, b"a" * 1024)
disk.flush()
disk.write(512, b"b" * 1024)
disk.write(512, b"c" * 512)
disk.flush()
disk.write(3072, b"s" * 1024)
`;

test.skipIf(!hasPython)(
  "what lies before an epoch is in every image of it, what lies behind it in none",
  () => {
    const builds = `for epoch in range(3): print(built(epoch, "all"))\nprint(disk.sectors(), disk.now())`;
    expect(imagesOf(WRITES, builds)).toEqual(["oooooooo", "aaoooooo", "acbooooo", "[2, 3, 1] 2"]);
  },
);

test.skipIf(!hasPython)(
  "each sector of an epoch survives or not, and one written twice may have either bytes",
  () => {
    const builds = `print(*sorted({built(1, "sectors", seed)[:4] for seed in range(200)}))`;
    expect(imagesOf(WRITES, builds)).toEqual(["aabo aaoo abbo aboo acbo acoo"]);
  },
);

test.skipIf(!hasPython)("the superblock is written whole or not at all", () => {
  const builds = `print(*sorted({built(2, loss, seed) for loss in ("sectors", "one", "later") for seed in range(50)}))`;
  expect(imagesOf(WRITES, builds)).toEqual(["acbooooo acboooss"]);
});

test.skipIf(!hasPython)("a loss of one sector leaves all others", () => {
  const builds = `print(*sorted({built(1, "one", seed)[:4] for seed in range(50)}))`;
  expect(imagesOf(WRITES, builds)).toEqual(["abbo acbo acoo"]);
});
