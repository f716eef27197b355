/** The code of an error of ours. @throws the error, where it is none */
export function requireCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "string" || !code.startsWith("ERR_DATAWAL_")) throw error;
  return code;
}
