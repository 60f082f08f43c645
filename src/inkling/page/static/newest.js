// Questions asked faster than they are answered: one on its way, the newest one waiting, the rest
// dropped. That is what keeps the bars with the pen.

export class Newest {
  #waiting = null;
  #busy = false;
  #generation = 0;

  /** ask: question → promise of an answer; show(answer, question) and fail(error) are told. */
  constructor(ask, show, fail) {
    Object.assign(this, { ask, show, fail });
  }

  /** Asks as soon as the question before is answered, unless a newer one comes first. */
  request(question) {
    this.#waiting = question;
    if (!this.#busy) this.#work();
  }

  /** Drops what waits, and the answer that is on its way. */
  forget() {
    this.#waiting = null;
    this.#generation += 1;
  }

  async #work() {
    this.#busy = true;
    while (this.#waiting !== null) {
      const question = this.#waiting;
      const generation = this.#generation;
      const wanted = () => generation === this.#generation;
      this.#waiting = null;
      try {
        const answer = await this.ask(question);
        if (wanted()) this.show(answer, question);
      } catch (error) {
        if (wanted()) this.fail(error);
      }
    }
    this.#busy = false;
  }
}
