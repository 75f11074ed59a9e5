import { describe, expect, it } from 'vitest';
import { withJsImports } from './unbundled.ts';

describe('an unbundled file', () => {
  it('imports the compiled files beside it', () => {
    expect(withJsImports(`import { a } from "./a.ts";\nexport * from '../b.ts';\nimport "./c.ts";`)).toBe(
      `import { a } from "./a.js";\nexport * from '../b.js';\nimport "./c.js";`,
    );
  });

  it('loads compiled files dynamically too', () => {
    expect(withJsImports(`await import("./d.ts")`)).toBe(`await import("./d.js")`);
  });

  it('imports packages and data as before', () => {
    const code = `import x from "pkg/file.ts";\nimport y from "./host.json" with { type: "json" };`;
    expect(withJsImports(code)).toBe(code);
  });
});
