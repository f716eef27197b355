import type { Spec } from "../checker.js";
import { withConstants } from "../model.js";

/**
 * A model cut down to one action: what the action needs of the .tla file, word for word, and a .cfg whose NEXT it is.
 * The checker reads the whole text again for each question, which takes ten times as long for a whole model.
 */
export function sliceFor({ source, cfg }: Spec, action: string): Spec {
  const text = source
    .replace(/\(\*[\s\S]*?\*\)/g, "")
    .replace(/\\\*.*$/gm, "")
    .replace(/^-{4,}$/gm, "");
  const start = text.indexOf("\nvars ==");
  const definitions = new Map<string, string>();
  for (const definition of text.slice(start).split(/\n(?=[A-Za-z]\w*(?:\([^)]*\))? ==|={20})/)) {
    const name = /^\s*(\w+)/.exec(definition)?.[1];
    if (name) definitions.set(name, definition);
  }
  if (!definitions.has(action)) throw new Error(`the model has no action ${action}`);
  const needed = new Set(["Init", action]);
  for (const name of needed)
    for (const word of definitions.get(name)?.match(/[A-Za-z]\w*/g) ?? [])
      if (definitions.has(word)) needed.add(word);
  const kept = [...definitions].flatMap(([name, definition]) => (needed.has(name) ? [definition] : []));
  const asked = cfg
    .replace(/^SPECIFICATION.*$/m, `INIT Init\nNEXT ${action}`)
    .replace(/^(INVARIANTS|PROPERTIES).*$/gm, "");
  return { source: `${text.slice(0, start)}\n${kept.join("\n")}\n====`, cfg: asked };
}

/** With bounds that no trace reaches. */
export function unbounded(spec: Spec, constants: Readonly<Record<string, string>>): Spec {
  return { ...spec, cfg: withConstants(spec.cfg, constants) };
}
