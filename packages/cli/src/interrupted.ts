/** The user pressed Ctrl-C: why a long operation ends. */
export class Interrupted extends Error {}
