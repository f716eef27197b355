// Node 22.5 and later.
import { DatabaseSync } from "node:sqlite";
import { sqliteOperations } from "../sqlite.mjs";

export const operations = sqliteOperations(
  (path) => new DatabaseSync(path),
  ({ value }) => value,
);
