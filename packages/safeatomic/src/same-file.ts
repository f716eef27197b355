/** What the port shows of a file: see `FileStat.identity`. */
export interface Identified {
  identity: string;
}

/**
 * Whether two looks at files saw one and the same: what was gone in between, and its inode given to a new file, is
 * not. Where one of them could not tell the birth time, device and inode alone decide.
 *
 * @returns false where one of them found nothing.
 */
export function isSameFile(one: Identified | undefined, other: Identified | undefined): boolean {
  if (!one || !other) return false;
  const [a, b] = [one.identity, other.identity];
  return a === b || a.startsWith(`${b}:`) || b.startsWith(`${a}:`);
}
