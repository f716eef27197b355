/** Something that a layer demands beside the oracle's nine sentences, and that was not kept. */
export class BrokenDemand extends Error {
  override readonly name = "BrokenDemand";
  readonly sentence: string;
  readonly facts: string;

  constructor(sentence: string, facts: string) {
    super(`${sentence}: ${facts}`);
    this.sentence = sentence;
    this.facts = facts;
  }
}
