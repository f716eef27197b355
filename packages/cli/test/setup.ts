import { afterAll } from "vitest";
import { removeWorkspace } from "./fixture/workspace.js";

afterAll(removeWorkspace);
