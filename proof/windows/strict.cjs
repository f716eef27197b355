"use strict";
// Loaded into each of Windows' Node.js by --require: what NTFS refuses and Wine allows, of this process's own handles.
// An append-only handle cannot cut its file (nodejs/node#3177); a directory with an open file below it is not renamed.
const fs = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
const { resolve, sep } = require("node:path");

const { openSync, closeSync, ftruncateSync, renameSync } = fs;

/** Descriptors that are open, by number. */
const opened = new Map();
/** Windows does not tell cases apart. */
const placeOf = (path) => resolve(String(path)).toLowerCase();
const isAppending = (flags) =>
  typeof flags === "number" ? (flags & fs.constants.O_APPEND) !== 0 : String(flags).includes("a");

function refuse(syscall, path) {
  const error = new Error(`EPERM: operation not permitted, ${syscall} '${path}' [strict]`);
  throw Object.assign(error, { code: "EPERM", errno: -4048, syscall });
}

fs.openSync = (path, flags = "r", mode = 0o666) => {
  const descriptor = openSync(path, flags, mode);
  opened.set(descriptor, { place: placeOf(path), isAppending: isAppending(flags) });
  return descriptor;
};

fs.closeSync = (descriptor) => {
  closeSync(descriptor);
  opened.delete(descriptor);
};

fs.ftruncateSync = (descriptor, size) => {
  if (opened.get(descriptor)?.isAppending) refuse("ftruncate", opened.get(descriptor).place);
  ftruncateSync(descriptor, size);
};

fs.renameSync = (from, to) => {
  const below = placeOf(from) + sep;
  if ([...opened.values()].some(({ place }) => place.startsWith(below))) refuse("rename", from);
  renameSync(from, to);
};

syncBuiltinESMExports();
