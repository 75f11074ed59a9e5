/** A command line that cannot be carried out as it is: exit code 2. `remedy` says what would be right. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
  readonly remedy: string;
  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}
