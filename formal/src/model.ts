/** A model, and what is asked of it. Its .tla and .cfg lie beside `src`; the .cfg holds the bounds of a CI run. */
export interface Model {
  name: string;
  /** The fewest distinct states that CI's bounds have to reach. */
  leastStates: number;
  /** The longest of all shortest ways to a state, within CI's bounds; the run fails where there is a longer one. */
  depth: number;
  /** Further bounds, of a night. */
  nightly: readonly Constants[];
  faults: readonly PlantedFault[];
}

/** Constants by name, as a .cfg has them. */
export type Constants = Readonly<Record<string, string>>;

/** A rule that is left out, and what it breaks. */
export interface PlantedFault {
  /** What the constant `Fault` says. */
  name: string;
  /** The invariant or the property that has to fail. */
  breaks: string;
  /** What happens, told in a sentence. */
  tells: string;
  /** Smaller or larger bounds in which it shows. */
  constants?: Constants;
}

/** A .cfg with other constants. */
export function withConstants(cfg: string, constants: Constants): string {
  let changed = cfg;
  for (const [name, value] of Object.entries(constants)) {
    const line = new RegExp(`^( *${name} *= *).*$`, "m");
    if (!line.test(changed)) throw new Error(`the .cfg has no constant ${name}`);
    changed = changed.replace(line, (_, before: string) => `${before}${value}`);
  }
  return changed;
}

/** The names behind INVARIANTS, and behind PROPERTIES. */
export function namesIn(cfg: string, keyword: "INVARIANTS" | "PROPERTIES"): string[] {
  const line = new RegExp(`^${keyword}(.*)$`, "m").exec(cfg);
  return line ? line[1]!.trim().split(/\s+/) : [];
}
