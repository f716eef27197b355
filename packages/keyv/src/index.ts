export { KeyvDataWal, type KeyvEntry, type KeyvStore } from "./keyv-data-wal.js";
