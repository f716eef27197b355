/** The options that the caller gave: their own properties alone. `Object.prototype` may be polluted. */
export function ownOptions<Options extends object>(options: Options | undefined): Options {
  return Object.assign(Object.create(null), options);
}
