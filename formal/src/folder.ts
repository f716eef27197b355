import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the models: the bundle that runs lies in `dist/run`, as deep as the laboratory's, which it takes patches from. */
export const FOLDER = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
