// Writes the list of deviations into docs/compatibility.md. `node proof/interop/write-deviations.mjs` starts it.
import { readFileSync, writeFileSync } from "node:fs";
import { withDeviations } from "../differences/deviations-doc.js";

const path = process.argv[2]!;
writeFileSync(path, withDeviations(readFileSync(path, "utf8")));
