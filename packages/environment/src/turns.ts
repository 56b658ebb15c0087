/** Lets asynchronous work take turns. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work when all that was begun before is over, however that went. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}
