/**
 * The options that the caller gave: their own properties alone, so that what some library has put on `Object.prototype`
 * is no option of anybody's. To be called where options are read, not where they are passed on.
 */
export function ownOptions<Options extends object>(options: Options | undefined): Options {
  return Object.assign(Object.create(null), options);
}
