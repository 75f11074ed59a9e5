/** An ARM template expression, parsed: what stands between `[` and `]`. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly key: Expression };

const tokenPattern = /\s*(?:('(?:[^']|'')*')|(-?\d+)|([A-Za-z_][\w.]*(?=\s*\())|([A-Za-z_]\w*)|([()[\],.]))/y;

interface Token {
  readonly kind: 'string' | 'number' | 'function' | 'name' | 'sign';
  readonly text: string;
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < source.length) {
    const start = tokenPattern.lastIndex;
    const match = tokenPattern.exec(source);
    if (match === null) {
      if (source.slice(start).trim() === '') break;
      throw new Error(`Cannot read the template expression at "${source.slice(start, start + 40)}" in "${source}".`);
    }
    const [, string, number, name, property, sign] = match;
    if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1).replaceAll("''", "'") });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'function', text: name });
    else if (property !== undefined) tokens.push({ kind: 'name', text: property });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

/** @throws when the text is no expression of the template language. */
export function parseExpression(source: string): Expression {
  const tokens = tokensOf(source);
  let position = 0;
  const next = (): Token => {
    const token = tokens[position];
    position += 1;
    if (token === undefined) throw new Error(`The template expression "${source}" ends too early.`);
    return token;
  };
  const isSign = (text: string): boolean => tokens[position]?.kind === 'sign' && tokens[position]?.text === text;
  const expect = (text: string): void => {
    const token = next();
    if (token.kind !== 'sign' || token.text !== text) {
      throw new Error(`Expected "${text}" and found "${token.text}" in the template expression "${source}".`);
    }
  };

  const primary = (): Expression => {
    const token = next();
    if (token.kind === 'string') return { kind: 'literal', value: token.text };
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.kind !== 'function')
      throw new Error(`Unexpected "${token.text}" in the template expression "${source}".`);
    expect('(');
    const given: Expression[] = [];
    while (!isSign(')')) {
      if (given.length > 0) expect(',');
      given.push(whole());
    }
    expect(')');
    return { kind: 'call', name: token.text, arguments: given };
  };

  const whole = (): Expression => {
    let value = primary();
    for (;;) {
      if (isSign('.')) {
        next();
        value = { kind: 'member', of: value, key: { kind: 'literal', value: next().text } };
      } else if (isSign('[')) {
        next();
        value = { kind: 'member', of: value, key: whole() };
        expect(']');
      } else return value;
    }
  };

  const expression = whole();
  if (position < tokens.length) throw new Error(`Something follows the template expression "${source}".`);
  return expression;
}
