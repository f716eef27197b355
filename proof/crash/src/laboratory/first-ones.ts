/** The same in the same order, but for those whose names begin so: they come first. */
export function firstOnes<Named extends { name: string }>(start: string, all: Iterable<Named>): Named[] {
  const rest: Named[] = [];
  const first = [...all].filter((one) => one.name.startsWith(start) || !rest.push(one));
  return [...first, ...rest];
}
