import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the models: the bundle that runs lies in its `dist`. */
export const FOLDER = dirname(dirname(fileURLToPath(import.meta.url)));
