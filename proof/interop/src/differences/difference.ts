/** A difference that no case may show: thrown, so that the case is shrunk. */
export class Difference extends Error {
  override readonly name = "Difference";
}
