import { nextOccurrence } from '../escrow/model/run-time.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const containerExample = 'https://<account>.blob.core.windows.net/<container>';
const containerPath = /^\/[^/]+$/;
const maxContainerNameLength = 63;

/**
 * Readers of single settings: each notes its fault and goes on, so that all are reported at once.
 * @param isNeeded whether a required setting may not be missing.
 * @param mayBeFolder whether a container may also be a folder, as `file:///home/me/escrow`.
 */
export function createSettingReader<SettingName extends string>(
  env: Environment,
  faults: string[],
  isNeeded: (name: SettingName) => boolean,
  mayBeFolder = false,
) {
  const refuse = (name: SettingName, fault: string, what: string): void =>
    void faults.push(`${name} ${fault}. Set it to ${what}.`);
  const read = (name: SettingName): string | undefined => env[name]?.trim() || undefined;
  const required = (name: SettingName, what: string): string => {
    const value = read(name);
    if (value === undefined && isNeeded(name)) refuse(name, 'is missing', what);
    return value ?? '';
  };
  const optional = <T>(name: SettingName, parse: (text: string) => T | undefined, what: string): T | undefined => {
    const text = read(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) refuse(name, `is ${shown(text)}`, what);
    return value;
  };
  const matching = (name: SettingName, pattern: RegExp, what: string): string => {
    const value = required(name, what);
    if (value !== '' && !pattern.test(value)) refuse(name, `is ${shown(value)}`, what);
    return value;
  };
  /** A URL that says where and nothing else. */
  const place = (name: SettingName, text: string, example: string): URL | undefined => {
    const url = URL.parse(text);
    if (url === null) refuse(name, 'is not a valid URL', example);
    else if (url.protocol !== 'https:') refuse(name, 'is not https', example);
    else if (url.search || url.hash || url.username || url.password) {
      // Never echoed: what follows the path may be a shared access signature.
      refuse(name, 'has a query, a fragment or a user', `${example}; access is by identity`);
    } else return url;
    return undefined;
  };
  const folderUrl = (name: SettingName, text: string): string | undefined => {
    if (!mayBeFolder || !text.toLowerCase().startsWith('file:')) return undefined;
    const url = URL.parse(text);
    if (url !== null && /^file:\/\/\/./i.test(text)) return url.href.replace(/\/+$/, '');
    faults.push(`${name} is not the URL of a folder. Write its whole path, as file:///home/me/escrow.`);
    return '';
  };
  const textOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`.replace(/\/+$/, '');
  const checkedUrl = (name: SettingName, text: string, example: string, path: RegExp): string => {
    const url = text === '' ? undefined : place(name, text, example);
    if (url === undefined) return '';
    if (url.port) refuse(name, 'names a port', example);
    else if (!path.test(url.pathname)) refuse(name, 'has an unexpected path', example);
    return textOf(url);
  };
  const containerUrl = (name: SettingName, text: string): string =>
    folderUrl(name, text) ?? checkedUrl(name, text, containerExample, containerPath);
  return {
    required,
    optional,
    matching,
    url: (name: SettingName, example: string, path: RegExp): string =>
      checkedUrl(name, required(name, example), example, path),
    container: (name: SettingName): string => containerUrl(name, required(name, containerExample)),
    /** A container beside another one, and never the same. @param ending what its name adds to the other's, unless it is set. */
    siblingContainer(name: SettingName, sibling: string, ending: string): string {
      const text = read(name);
      if (text === undefined) {
        const derived = `${sibling}${ending}`;
        const isTooLong = sibling.startsWith('https:') && new URL(derived).pathname.length > 1 + maxContainerNameLength;
        if (isTooLong) refuse(name, `is missing, and ${ending} makes the container's name too long`, containerExample);
        return sibling === '' ? '' : derived;
      }
      const url = containerUrl(name, text);
      if (url !== '' && url === sibling)
        refuse(name, 'is the container of the backups', 'another one: each container has a writer of its own');
      return url;
    },
    schedule(name: SettingName, example: string): string {
      const what = `an NCRONTAB expression of six fields in UTC, as ${example}`;
      const text = required(name, what);
      if (text === '') return text;
      try {
        // As 30 February: nothing would ever run, and nothing would ever be missed.
        if (nextOccurrence(text, new Date(0)) === undefined)
          refuse(name, `is ${shown(text)}, which never occurs`, what);
      } catch (error) {
        const reason = isHarmless(text) ? `: ${(error as Error).message}` : '';
        refuse(name, `is ${shown(text)}${reason}`, what);
      }
      return text;
    },
    oneOf<T>(name: SettingName, choices: Readonly<Record<string, T>>, fallback: string): T {
      const known = Object.keys(choices);
      const text = read(name) ?? fallback;
      const chosen = known.find((choice) => choice.toLowerCase() === text.toLowerCase());
      if (chosen === undefined) refuse(name, `is ${shown(text)}`, `one of ${known.join(', ')}`);
      return choices[chosen ?? fallback] as T;
    },
    flag: (name: SettingName, fallback: boolean): boolean => optional(name, parseFlag, 'true or false') ?? fallback,
    number: (name: SettingName, least: number): number | undefined =>
      optional(
        name,
        (text) => (Number(text) >= least && Number(text) < 1e6 ? Number(text) : undefined),
        `a number from ${least}`,
      ),
    suffix: (name: SettingName): string | undefined =>
      optional(
        name,
        (text) => (isDnsSuffix(text) ? text : undefined),
        'a DNS suffix without a leading dot, as vault.azure.net',
      ),
    /** Where a service of the cloud is: the cloud's own place, unless the setting says otherwise. */
    endpoint(name: SettingName, ofCloud: string): string {
      const text = read(name);
      const url = text === undefined ? undefined : place(name, text, ofCloud);
      return url === undefined ? ofCloud : textOf(url);
    },
  };
}

// The URL standard has the last word: a suffix that ends in a number, or in broken punycode, makes no host.
function isDnsSuffix(text: string): boolean {
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text) && URL.parse(`https://source.${text}`)?.hostname === `source.${text}`;
}

// A connection string or a signed URL pasted into the wrong setting must not reach the log. No good value looks like one.
function isHarmless(text: string): boolean {
  return text.length <= 32 && !/[=@;~]/.test(text);
}

function shown(text: string): string {
  return isHarmless(text)
    ? JSON.stringify(text)
    : `unusable (${text.length} characters, not shown because they may be a secret)`;
}

function parseFlag(text: string): boolean | undefined {
  if (text.toLowerCase() === 'true') return true;
  return text.toLowerCase() === 'false' ? false : undefined;
}
