/** What keeps the demo from going on, in words for its reader. */
export class Problem extends Error {}
