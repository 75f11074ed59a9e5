import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeMarks } from '../../../src/escrow/coverage/calendar.ts';
import { digits } from '../../../src/escrow/model/count.ts';
import { reportPage } from '../../../src/escrow/page/report-page.ts';
import { statusWords, timeWords } from '../../../src/escrow/page/words.ts';
import { findChromium, startChromium } from '../../support/chromium.ts';
import { expectedFindings, expectedRuns, foundBesides, keysOf } from '../../support/expected-page.ts';
import type { ListedAudit } from '../../support/listed-audit.ts';
import {
  crowdedAudit,
  marks,
  sampleAudit,
  sampleSource,
  sampleWritten,
  soundAudit,
  troubledAudit,
} from '../../support/sample-audit.ts';
import { useTestFolder } from '../../support/temporary-folder.ts';

const executable = findChromium();
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What has the focus, by its target, its label or its text. */
const focused = `(() => {
  const { activeElement } = document;
  return activeElement.getAttribute('href') ?? activeElement.getAttribute('aria-label') ?? activeElement.textContent;
})()`;

describe.skipIf(executable === undefined)('the page in Chromium', () => {
  let browser: Awaited<ReturnType<typeof startChromium>>;
  let page: Page;
  const said: string[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    browser = await startChromium(executable ?? '');
    // One tab for all tests: each new one is a new process of the browser.
    page = await browser.context.newPage();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => asked.push(request.url()));
  });
  afterAll(() => browser?.stop());

  /** Opens an audit's page as a person would: from a file. @returns its address. */
  async function open(audit: ListedAudit): Promise<string> {
    const file = join(await useTestFolder(), 'page.html');
    await writeFile(file, reportPage(audit, sampleWritten));
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
    said.length = 0;
    asked.length = 0;
    const url = pathToFileURL(file).href;
    await page.goto(url);
    return url;
  }

  const texts = (selector: string) =>
    page
      .locator(selector)
      .evaluateAll((elements) => elements.map((element) => element.textContent?.replace(/\s+/g, ' ').trim() ?? ''));

  test.each([
    ['of a crowd of troubles', crowdedAudit],
    ['of peace', soundAudit],
  ])('has no fault that axe can find, in light, nor in the colours of dark, in an audit %s', async (_, made) => {
    await open(made());
    // The page runs no script and allows none; the test's own runs beside it, unfolded so that all of it is looked at.
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    await page.evaluate(axeSource);
    // The whole result is megabytes: only what is wanted of it leaves the browser.
    const faults = async (how: string): Promise<string[]> => {
      const { passed, found } = (await page.evaluate(`axe.run(${how}).then(({ passes, violations }) => ({
        passed: passes.length,
        found: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')),
      }))`)) as { passed: number; found: string[] };
      expect(passed).toBeGreaterThan(how === '' ? 15 : 0);
      return found;
    };
    expect(await faults('')).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await faults("{ runOnly: ['color-contrast'] }")).toEqual([]);
  });

  test('shows the newest days of every key on a phone without scrolling sideways', async () => {
    await open(troubledAudit());
    await page.setViewportSize({ width: 390, height: 844 });
    const rows = await page.locator('table.calendar tbody tr').evaluateAll((all) =>
      all.map((row) => {
        const { left, right, width } = row.querySelector('svg')?.getBoundingClientRect() ?? {
          left: -1,
          right: 0,
          width: 0,
        };
        const frame = row.closest('.scroll');
        return { left, right, width, hidden: (frame?.scrollWidth ?? 0) - (frame?.clientWidth ?? 0) };
      }),
    );
    expect(rows).toHaveLength(21);
    for (const { left, right, width, hidden } of rows) {
      expect(left).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThanOrEqual(390);
      // Some three pixels a day.
      expect(width).toBeGreaterThan(270);
      expect(hidden).toBe(0);
    }
    const [whole, seen] = (await page.evaluate('[document.documentElement.scrollWidth, innerWidth]')) as number[];
    expect(whole).toBe(seen);
  });

  test('writes nothing to the console and asks nobody for anything', async () => {
    const url = await open(troubledAudit());
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    await page.mouse.wheel(0, 20_000);
    await page.emulateMedia({ media: 'print' });
    await page.pdf();
    expect(said).toEqual([]);
    expect(asked.filter((one) => one !== url && !one.startsWith('data:'))).toEqual([]);
    expect(await page.locator('script').count()).toBe(0);
  });

  test('lets no script run, even one that were smuggled in', async () => {
    await open(troubledAudit());
    await page.evaluate(`{
      const image = document.createElement('img');
      image.setAttribute('onerror', 'document.title = "taken over"');
      image.src = 'https://example.invalid/x.png';
      document.body.append(image);
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken over"';
      document.body.append(script);
    }`);
    expect(await page.title()).toMatch(
      /^Key escrow: 15 of 18 known keys have an intact backup · \d proven by a restore/,
    );
    expect(said.join(' ')).toContain('Content Security Policy');
  });

  /** Each item of the findings: what it is called and about, what it says, and what to do. */
  const findingsShown = () =>
    page.locator('.findings > li').evaluateAll((items) =>
      items.map((item) => {
        const all = (selector: string) =>
          [...item.querySelectorAll(selector)].map(({ textContent }) => textContent?.replace(/\s+/g, ' ').trim() ?? '');
        return {
          title: all('h3').join(),
          reasons: all('.reason'),
          subjects: all('.alike li'),
          remedies: all('.remedy').map((text) => text.replace('What to do: ', '')),
        };
      }),
    );

  test.each([
    ['of trouble', troubledAudit()],
    ['of a crowd of troubles', crowdedAudit()],
    ['of peace', soundAudit()],
  ])('says exactly what the audit says, in an audit %s', async (_, audit) => {
    await open(audit);
    for (const [status, number] of Object.entries(audit.totals.byStatus)) {
      const shown = await texts(`[data-status="${status}"]`);
      expect(shown).toEqual(number > 0 || status === 'fresh' ? [digits(number)] : []);
    }
    expect(await findingsShown()).toEqual(expectedFindings(audit));
    const ledger = await page
      .locator('table.ledger')
      .evaluateAll((tables) =>
        tables.map((table) =>
          [...table.querySelectorAll('tbody tr')].map((row) =>
            [...row.children].map((cell) => cell.textContent?.trim() ?? ''),
          ),
        ),
      );
    expect(ledger).toEqual(
      audit.sources.map((source) =>
        keysOf(audit, source.source).map(({ key, status, record, versions, drilledAt }) => [
          key,
          [statusWords[status].word, ...foundBesides(audit, source.source, key)].join(' '),
          ...(record === undefined
            ? [expect.stringMatching(/^No record|^None|^Not looked at/)]
            : [
                `${timeWords(record.createdAt)} ${record.blobName.replace(`${source.source}/${key}/`, '')}`,
                expect.stringMatching(/hours|days/),
                `${digits(record.bytes)} ${record.sha256}`,
              ]),
          versions === undefined ? 'not looked at' : digits(versions.known.length),
          drilledAt === undefined ? 'never' : timeWords(drilledAt),
        ]),
      ),
    );
    const runs = await page
      .locator('section.source')
      .evaluateAll((sections) =>
        sections.map((section) =>
          [...section.querySelectorAll('table.runs tbody tr')].map((row) =>
            [...row.children].map((cell) => cell.textContent?.trim()),
          ),
        ),
      );
    expect(runs).toEqual(audit.sources.map(expectedRuns));
  });

  test('puts a sign before each status, for the eye alone', async () => {
    await open(troubledAudit());
    for (const [status, { sign }] of Object.entries(statusWords)) {
      const before = `getComputedStyle(document.querySelector('table.ledger td.${status}'), '::before').content`;
      expect(await page.evaluate(before)).toBe(`"${sign}" / ""`);
    }
  });

  test('draws every day of every key as the audit has it', async () => {
    const audit = troubledAudit();
    await open(audit);
    const drawn = await page.locator('table.calendar').evaluateAll((tables) =>
      tables.map((table) =>
        [...table.querySelectorAll('tbody svg')].map((image) => {
          const days = Array<string>(90).fill('-');
          for (const path of image.querySelectorAll('path')) {
            let at = 0;
            for (const [, move, to, length] of path.getAttribute('d')?.matchAll(/(M|m)(\d+) [05]h(\d+)/g) ?? []) {
              at = move === 'M' ? Number(to) : at + Number(to);
              days.fill(path.getAttribute('class') ?? '', at, at + Number(length));
              at += Number(length);
            }
          }
          return days.join('');
        }),
      ),
    );
    expect(drawn).toEqual(
      audit.sources.map(({ source }) => keysOf(audit, source).map(({ days }) => decodeMarks(days).join(''))),
    );
  });

  test('can be walked through with the keyboard: skip link, contents, tables that scroll, folds', async () => {
    await open(troubledAudit());
    const stops: string[] = [];
    for (let press = 0; press < 24; press++) {
      await page.keyboard.press('Tab');
      stops.push(String(await page.evaluate(focused)));
    }
    expect(stops.slice(0, 2)).toEqual(['#findings', '#findings']);
    expect(stops).toContain('All 6, one by one');
    expect(stops).toContain('Calendar of Vault contoso-prod: 13 of 13 keys, 90 days');
  });

  test('prints with everything unfolded', async () => {
    await open(troubledAudit());
    const folded = page.locator('.findings details .alike').first();
    expect(await folded.isVisible()).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await folded.isVisible()).toBe(true);
    expect(await page.locator('nav').isVisible()).toBe(false);
  });

  test('leaves no part unrendered until it is scrolled to: captures of the whole page show everything', async () => {
    await open(troubledAudit());
    const isRendered = `[...document.querySelectorAll('section, section tbody tr')].filter(
      (element) => element.closest('details') === null
    ).every((element) => element.checkVisibility({ contentVisibilityAuto: true }))`;
    expect(await page.evaluate(isRendered)).toBe(true);
  });

  test('opens 2,000 keys by 90 days, with few elements for each', async () => {
    const keys = Array.from({ length: 2000 }, (_, index) => ({
      key: `tenant-${index}-data-encryption`,
      versions: 3,
      days: index % 50 === 0 ? marks(10, 's', 'f', 'e') : marks(10),
    }));
    await open(sampleAudit([sampleSource('vault', 'contoso-prod', keys)], []));
    await page.locator('h1').waitFor();
    expect(await page.locator('table.ledger tbody tr').count()).toBe(2000);
    // What it costs to lay out and paint follows from their number.
    expect(await page.locator('*').count()).toBeLessThan(2000 * 20);
  });
});
