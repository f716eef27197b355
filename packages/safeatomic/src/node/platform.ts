import { posix } from "./posix.js";
import type { SystemCalls } from "./system-calls.js";
import { windows } from "./windows/windows.js";

export const platform: SystemCalls = process.platform === "win32" ? windows : posix;
