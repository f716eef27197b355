import { withCode } from "./record-log-error.js";

/**
 * Names a class as it is exported, for whoever prints it or an object of it: a bundler may have called it otherwise.
 *
 * @param named Its static methods make its objects.
 */
export function namePublicClass(
  named: { readonly prototype: object; readonly name: string },
  name: string,
): void {
  Object.defineProperty(named, "name", { value: name, configurable: true });
  Object.defineProperty(named.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/** For a constructor that was not called by `open`: types forbid it, JavaScript does not. */
export function madeByNew(className: string): Error {
  const message = `datawal: ${className} expected to be opened, got new ${className}(...); use await ${className}.open(dir)`;
  return withCode(new TypeError(message), "ERR_DATAWAL_NOT_CONSTRUCTIBLE", { className });
}
