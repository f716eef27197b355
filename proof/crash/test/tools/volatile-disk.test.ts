import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const TOOLS = join(import.meta.dirname, "../../tools");
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** Runs lines of Python, each time against a disk of 8 sectors, all "o"; returns its sectors as letters. */
function sectorsAfter(...programs: string[]): string[] {
  const script = `
import errno, sys, tempfile
sys.path.insert(0, ${JSON.stringify(TOOLS)})
from volatile_disk import VolatileDisk
for program in ${JSON.stringify(programs)}:
    with tempfile.NamedTemporaryFile() as image:
        image.write(b"o" * 4096)
        image.flush()
        disk = VolatileDisk(image.name)
        exec(program)
        print("".join(chr(disk.read(512 * sector, 1)[0]) for sector in range(8)))
`;
  const { stdout, stderr, status } = spawnSync("python3", ["-B", "-c", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split("\n");
}

test.skipIf(!hasPython)(
  "a power cut brings back what was not flushed, sector by sector, and nothing else",
  () => {
    const writes = `
disk.write(0, b"a" * 2048)
disk.flush()
disk.write(512, b"b" * 3072)
disk.write(1024, b"c" * 512)`;
    const cut = (keptShare: number) => `${writes}\ndisk.cut("", 1, ${keptShare})\ndisk.restore()`;
    const [uncut, allKept, noneKept, someKept] = sectorsAfter(writes, cut(1), cut(0), cut(0.5));
    expect([uncut, allKept, noneKept]).toEqual(["abcbbbbo", "abcbbbbo", "aaaaoooo"]);
    expect(someKept).toMatch(/^a[ab][ac][ab][ob][ob][ob]o$/);
  },
);

test.skipIf(!hasPython)("writes with the marker fail as often as told, and change nothing", () => {
  const program = `
disk.fail(1, "x")
disk.write(0, b"a" * 512)
try:
    disk.write(512, b"x" * 512)
    raise AssertionError("it was written")
except OSError as error:
    assert error.errno == errno.EIO
disk.write(1024, b"x" * 512)
assert disk.fail(0, "") == 1`;
  expect(sectorsAfter(program)).toEqual(["aoxooooo"]);
});
