// File systems around the product's port that count syncs, or leave some out. For measuring only.

/** Counts the syncs of files that have ended, asynchronous ones. */
export function watchSyncs(inner) {
  let ended = 0;
  const fileSystem = withFiles(inner, (file) => ({
    fsync: async () => {
      await file.fsync();
      ended++;
    },
  }));
  return { fileSystem, ended: () => ended };
}

/** Asynchronous syncs of files do nothing: what a rotation costs when no background sync has gone before it. */
export function withoutBackgroundSyncs(inner) {
  return withFiles(inner, () => ({ fsync: async () => {} }));
}

function withFiles(inner, replace) {
  return { ...inner, open: (...call) => wrapFile(inner.open(...call), replace) };
}

function wrapFile(file, replace) {
  const names = ["readAt", "append", "appendParts", "truncate", "fsync", "fsyncSync", "stat", "close"];
  const bound = Object.fromEntries(names.map((name) => [name, file[name].bind(file)]));
  return { ...bound, ...replace(file) };
}
