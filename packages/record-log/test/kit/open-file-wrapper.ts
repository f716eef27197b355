import type { FileSystem, OpenFile } from "@datawal/safeatomic";

/** The same file system, but for what `wrap` makes of each file that is opened. */
export function wrappingOpenFiles(
  inner: FileSystem,
  wrap: (file: OpenFile, path: string) => Partial<OpenFile>,
): FileSystem {
  return overriding(inner, {
    open: (path, mode, permissions) => {
      const file = inner.open(path, mode, permissions);
      return overriding(file, wrap(file, path));
    },
  });
}

/** The same object but for some members; the others keep their own `this`. */
export function overriding<T extends object>(right: T, wrong: Partial<T>): T {
  return new Proxy(right, {
    get(target, key) {
      if (Object.hasOwn(wrong, key)) return Reflect.get(wrong, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
