import { parseScenario, type Scenario } from "./scenarios.js";

/** One case: a scenario, the moments of its one or two power cuts, and which of their images. */
export interface Case extends Scenario {
  cuts?: readonly { moment: number; hash: number }[];
}

/** Reads `operations@moment#image`, a second `@moment#image` for a second power cut, or a scenario alone. */
export function findCase(text: string): Case {
  const [name = "", ...cuts] = text.split("@");
  const parsed = cuts.map((cut) => {
    const [moment, hash] = cut.split("#").map(Number);
    if (!Number.isSafeInteger(moment) || !Number.isSafeInteger(hash))
      throw new Error(`expected a case as a violation names it, OPERATIONS@MOMENT#IMAGE; got ${text}`);
    return { moment: moment!, hash: hash! };
  });
  return { ...parseScenario(name), cuts: parsed };
}
