/** What was asked for cannot be done as it was typed, and nothing was changed. `remedy` says what would be right. */
export class UsageFault extends Error {
  override readonly name: string = 'UsageFault';
  readonly code: string;
  readonly remedy: string;
  constructor(message: string, remedy: string, options: ErrorOptions & { readonly code?: string } = {}) {
    super(message, options);
    this.code = options.code ?? 'usage';
    this.remedy = remedy;
  }
}
