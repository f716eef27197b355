/** The place where two texts part, with what surrounds it, or nothing. */
export function textDifference(a: string, b: string): string | undefined {
  if (a === b) return undefined;
  let at = 0;
  while (a[at] === b[at]) at++;
  const from = Math.max(0, at - 60);
  return `...${a.slice(from, at + 60)}... and ...${b.slice(from, at + 60)}...`;
}
