import { afterAll } from "vitest";
import { removeWorkspace } from "./kit/workspace.js";

afterAll(removeWorkspace);
