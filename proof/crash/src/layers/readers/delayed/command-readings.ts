/** A reading command of the command line, which has no port: only real processes run it. */
export interface CommandReading {
  name: string;
  argv(store: string, outfile: string): string[];
  /** Which reading shows the same. */
  like: string;
  /** What the command has shown, from its output and the file it wrote. */
  shown(stdout: string, written: string): string;
  /** Whether it prints as it reads, and cannot take back what is dropped then. */
  printsAtOnce?: boolean;
  /** The same of what that reading shows of a state. */
  expected(shown: string): string;
}

const KEY = "a";

export const COMMAND_READINGS: readonly CommandReading[] = [
  {
    name: "datawal scan",
    printsAtOnce: true,
    argv: (store) => ["scan", "--json", store],
    like: "scan",
    shown: (stdout) => linesOf(stdout).map(describeRecord).join("\n"),
    expected: (shown) => shown.trimEnd(),
  },
  {
    name: "datawal get",
    argv: (store) => ["get", "--json", "--key", KEY, store],
    like: "get",
    shown: (stdout) => linesOf(stdout).map(({ value_base64 }) => `${KEY}=${decoded(value_base64)}`)[0] ?? "",
    expected: (shown) => shown.split("\n").find((line) => line.startsWith(`${KEY}=`)) ?? "",
  },
  {
    name: "datawal verify",
    argv: (store) => ["verify", "--json", store],
    like: "verifyLog",
    shown: (stdout) =>
      linesOf(stdout)
        .map(({ frames_checked, verdict }) => `${frames_checked} ${verdict}`)
        .join(),
    expected(shown) {
      const lines = shown.split("\n");
      const verdict = lines.findIndex((line) => ["intact", "torn", "damaged"].includes(line));
      return `${verdict} ${lines[verdict]}`;
    },
  },
  {
    name: "datawal export",
    argv: (store, outfile) => ["export", "--json", store, outfile],
    like: "exportJsonl",
    shown: (_, written) => written,
    expected: (shown) => shown.slice(shown.indexOf("/copies/copy ") + "/copies/copy ".length),
  },
];

type Line = Record<string, unknown>;

function linesOf(stdout: string): Line[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

const TYPES: Readonly<Record<string, number>> = { Raw: 0, Put: 1, Delete: 2 };

function describeRecord({ segment, offset, record_type, txid, key_base64, payload_base64 }: Line): string {
  const type = TYPES[String(record_type)];
  return `${segment}:${offset} type ${type} txid ${txid} ${decoded(key_base64)}=${decoded(payload_base64)}`;
}

function decoded(base64: unknown): string {
  return Buffer.from(String(base64 ?? ""), "base64").toString("latin1");
}
