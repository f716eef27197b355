/** Closes each, also where one fails; then throws the first failure. */
export function closeAll(closeables: Iterable<{ close(): void }>): void {
  const failures: unknown[] = [];
  for (const closeable of closeables) {
    try {
      closeable.close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
