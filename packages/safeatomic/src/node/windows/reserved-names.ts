import { win32 } from "node:path";
import { SafeatomicError } from "../../safeatomic-error.js";

/** Devices, whatever stands behind a dot; see "Naming Files, Paths, and Namespaces" in Microsoft's documentation. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i;
/** Characters that no name has, a colon among them, which would name a stream of another file. */
const NO_CHARACTER = /[<>:"|?*]/;
/** Most programs leave these away, and then find another file or none. */
const LEFT_AWAY = /[. ]$/;
const FORBIDDEN = [DEVICE, NO_CHARACTER, LEFT_AWAY];

/**
 * Refuses to make what other programs could neither open nor remove, or what would be a device.
 *
 * @param path Absolute.
 * @throws {SafeatomicError} ERR_DATAWAL_RESERVED_NAME
 */
export function requireUsableName(path: string): void {
  const names = path.slice(win32.parse(path).root.length).split("\\");
  const isForbidden = (name: string) => FORBIDDEN.some((rule) => rule.test(name));
  const reserved = path.startsWith("\\\\.\\") ? path : names.find(isForbidden);
  if (reserved === undefined) return;
  const message = `${path}: expected names that Windows lets files have, found ${reserved}: a device's, or one that most programs cannot open; nothing was made: choose another name`;
  throw new SafeatomicError("ERR_DATAWAL_RESERVED_NAME", message, { path, reserved });
}
