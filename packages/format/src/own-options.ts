import { withCode } from "./format-error.js";

/**
 * The options that the caller gave: their own properties alone, since `Object.prototype` may be polluted. One that is not
 * known would be passed over, and what it asked for not done.
 *
 * @throws TypeError ERR_DATAWAL_BAD_CODEC_OPTION
 */
export function knownOptions<Options extends object>(
  options: Options | undefined,
  known: Readonly<Record<keyof Options, true>>,
): Options {
  const own: Options = Object.assign(Object.create(null), options);
  for (const [option, actual] of Object.entries(own)) {
    if (actual === undefined || Object.hasOwn(known, option)) continue;
    const names = Object.keys(known).join(", ");
    const mistake = new TypeError(`datawal: expected no option "${option}"; options are ${names}`);
    throw withCode(mistake, "ERR_DATAWAL_BAD_CODEC_OPTION", { option, actual });
  }
  return own;
}
