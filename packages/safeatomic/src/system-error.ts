/** An error with Node's name of a system error as its code, for a refusal that is not the kernel's own. */
export function systemError(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
