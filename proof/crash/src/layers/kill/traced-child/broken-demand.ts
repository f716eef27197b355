/** Something that a layer demands and the oracle has no sentence for. */
export class BrokenDemand extends Error {
  override readonly name = "BrokenDemand";
  readonly demand: string;

  constructor(demand: string, facts: string) {
    super(`${demand}: ${facts}`);
    this.demand = demand;
  }
}
