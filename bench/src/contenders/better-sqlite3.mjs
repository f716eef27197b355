import Database from "better-sqlite3";
import { sqliteOperations } from "../sqlite.mjs";

export const operations = sqliteOperations(
  (path) => new Database(path),
  ({ value }) => value,
);
