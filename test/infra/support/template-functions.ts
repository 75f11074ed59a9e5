import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { decidable, isRuntimeValue, textOf } from './runtime-value.ts';

type Value = unknown;
type TemplateFunction = (...given: Value[]) => Value;

const isObject = (value: Value): value is Record<string, Value> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRuntimeValue(value);

const text = (value: Value): string => {
  const known = decidable(value, 'A text function');
  if (typeof known !== 'string') throw new Error(`Expected a text and found ${JSON.stringify(known)}.`);
  return known;
};

const list = (value: Value): Value[] => {
  if (!Array.isArray(value)) throw new Error(`Expected an array and found ${JSON.stringify(value)}.`);
  return value;
};

/** `guid` of the template language: a version 5 UUID in a namespace of its own, of the arguments joined with "-". */
function guid(...given: Value[]): string {
  const namespace = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex');
  const hash = createHash('sha1').update(namespace).update(given.map(textOf).join('-')).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Thirteen characters that depend on the arguments; other ones than Azure's, whose hash is not published. */
function uniqueString(...given: Value[]): string {
  const digest = createHash('sha256').update(given.map(textOf).join('-')).digest();
  return Array.from(
    { length: 13 },
    (_, index) => 'abcdefghijklmnopqrstuvwxyz234567'[digest.readUInt8(index) & 31],
  ).join('');
}

function mergeObjects(first: Record<string, Value>, second: Record<string, Value>): Record<string, Value> {
  const merged = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? mergeObjects(before, value) : value;
  }
  return merged;
}

function union(...given: Value[]): Value {
  if (given.every(isObject)) return given.reduce(mergeObjects, {});
  const distinct: Value[] = [];
  for (const value of given.flatMap(list)) {
    if (!distinct.some((one) => isDeepStrictEqual(one, value))) distinct.push(value);
  }
  return distinct;
}

/** The `index`-th network of `newPrefix` bits inside an IPv4 network, as in cidrSubnet('10.0.0.0/24', 26, 1). */
function cidrSubnet(network: Value, newPrefix: Value, index: Value): string {
  const [address = '', prefix = ''] = text(network).split('/');
  if (Number(newPrefix) < Number(prefix))
    throw new Error(`${String(network)} is smaller than a /${String(newPrefix)}.`);
  const base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = base + Number(index) * 2 ** (32 - Number(newPrefix));
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${String(newPrefix)}`;
}

function contains(container: Value, item: Value): boolean {
  const known = decidable(container, 'contains()');
  if (Array.isArray(known)) return known.some((one) => isDeepStrictEqual(one, item));
  if (isObject(known)) return Object.keys(known).some((key) => key.toLowerCase() === text(item).toLowerCase());
  return text(known).includes(text(item));
}

function isEmpty(value: Value): boolean {
  if (isRuntimeValue(value)) return false;
  if (value === null || value === undefined) return true;
  if (typeof value === 'object') return Object.keys(value).length === 0;
  return value === '';
}

/** The functions of the template language that need nothing but their arguments. Those not here do not exist for the tests. */
export const pureFunctions: Readonly<Record<string, TemplateFunction>> = {
  add: (one, other) => Number(one) + Number(other),
  cidrSubnet,
  concat: (...given) => (Array.isArray(given[0]) ? given.flatMap(list) : given.map(textOf).join('')),
  contains,
  createArray: (...given) => given,
  createObject: (...given) =>
    Object.fromEntries(given.flatMap((key, index) => (index % 2 === 0 ? [[text(key), given[index + 1]]] : []))),
  empty: isEmpty,
  equals: (one, other) => {
    const [left, right] = [decidable(one, 'equals()'), decidable(other, 'equals()')];
    return isDeepStrictEqual(left ?? null, right ?? null);
  },
  fail: (reason) => {
    throw new Error(text(reason));
  },
  false: () => false,
  flatten: (value) => list(value).flatMap(list),
  format: (pattern, ...given) =>
    text(pattern).replace(/\{(\d+)\}/g, (_, index: string) => textOf(given[Number(index)])),
  guid,
  indexOf: (container, item) =>
    Array.isArray(container)
      ? container.findIndex((one) => isDeepStrictEqual(one, item))
      : text(container).indexOf(text(item)),
  items: (value) => {
    if (!isObject(value)) throw new Error(`items() of ${JSON.stringify(value)}.`);
    return Object.keys(value)
      .sort((one, other) => (one < other ? -1 : 1))
      .map((key) => ({ key, value: value[key] }));
  },
  last: (value) => (typeof value === 'string' ? value.slice(-1) : (list(value).at(-1) ?? null)),
  length: (value) => (typeof value === 'string' ? value.length : Object.keys(value as object).length),
  not: (value) => !decidable(value, 'not()'),
  null: () => null,
  range: (start, count) => Array.from({ length: Number(count) }, (_, index) => Number(start) + index),
  replace: (value, old, fresh) => text(value).replaceAll(text(old), textOf(fresh)),
  split: (value, separator) => text(value).split(text(separator)),
  string: (value) =>
    typeof value === 'string' ? value : isRuntimeValue(value) ? textOf(value) : JSON.stringify(value),
  toLower: (value) => (isRuntimeValue(value) ? value : text(value).toLowerCase()),
  true: () => true,
  union,
  uniqueString,
};
