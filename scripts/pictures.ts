import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { chromium } from 'playwright-core';

// Escape, and the number of a colour or a style.
const colour = new RegExp(`${String.fromCharCode(27)}\\[(\\d*)m`);

// The style of what comes next, over the ends of lines too.
let style = '';

/**
 * Draws the pictures of the README from the real program: what `npm start` prints, and the page of its escrow in a browser.
 * Needs a Chromium (`CHROMIUM`, or /usr/bin/chromium).
 */
const browser = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(browser)) throw new Error('No Chromium: apt-get install chromium, or set CHROMIUM.');
await mkdir('docs/pictures', { recursive: true });
const place = await mkdtemp(join(tmpdir(), 'escrow-pictures-'));
const env = { ...process.env, FORCE_COLOR: '1', COLUMNS: '110' };

const started = spawn(process.execPath, ['local-azure/demonstration/start.ts'], {
  env,
  stdio: ['ignore', 'pipe', 'ignore'],
});
try {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    started.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      // The last part of the summary; what follows it is about going on.
      if (/run reports?.*\n(.*\n){2}/.test(text)) resolve();
    });
    started.once('exit', (code) => reject(new Error(`npm start ended with code ${code}.`)));
  });
  await writeFile('docs/pictures/start.svg', terminalPicture(`$ npm start\n${text.trimEnd()}`));

  const page = join(place, 'page.html');
  const report = spawnSync(process.execPath, ['local-azure/demonstration/operator.ts', 'report', '-o', page], { env });
  if (!existsSync(page)) throw new Error(report.stderr.toString());
  const opened = await chromium.launch({ executablePath: browser, args: ['--no-sandbox', '--disable-gpu'] });
  const tab = await opened.newPage({ viewport: { width: 1100, height: 760 } });
  await tab.goto(`file://${page}`);
  await tab.screenshot({ path: 'docs/pictures/page.png' });
  await opened.close();
} finally {
  started.removeAllListeners('exit');
  started.kill('SIGINT');
  await rm(place, { recursive: true });
}

/** Text of a terminal, with its colours, as a drawing. */
function terminalPicture(text: string): string {
  const lines = text.split('\n');
  const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length), 80);
  const [width, height] = [columns * 8.45 + 32, lines.length * 19 + 32];
  const rows = lines.map((line, at) => `<text x="16" y="${at * 19 + 30}">${spans(line)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<g fill="#d8dae0">
${rows.join('\n')}
</g>
</svg>
`;
}

function spans(line: string): string {
  const styles = new Map([
    ['1', 'font-weight="bold" fill="#ffffff"'],
    ['2', 'fill="#8b909c"'],
    ['31', 'fill="#ff7b72"'],
    ['32', 'fill="#6fdc8c"'],
    ['33', 'fill="#e3b341"'],
  ]);
  return line
    .split(colour)
    .map((part, at) => {
      if (at % 2 === 1) {
        style = styles.get(part) ?? '';
        return '';
      }
      if (part === '') return '';
      // Drawings collapse spaces.
      const escaped = part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0');
      return style === '' ? escaped : `<tspan ${style}>${escaped}</tspan>`;
    })
    .join('');
}
