import type { Output } from "./output/output.js";

/** All that a command may touch besides the store: results go to `stdout`, what is said about them to `stderr`. */
export interface Environment {
  stdout: Output;
  stderr: Output;
}
