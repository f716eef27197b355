import { afterAll } from "vitest";
import { removeWorkspace } from "./kit/temporary.js";

afterAll(removeWorkspace);
