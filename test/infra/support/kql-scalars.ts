/** A value of Kusto: a datetime is a Date, a timespan milliseconds, a dynamic what JSON holds; null is null. */
export type KqlValue = unknown;

const isNull = (value: KqlValue): boolean => value === null || value === undefined;

/** Kusto has no null text: what is missing is the empty one. */
export const kqlText = (value: KqlValue): string =>
  isNull(value)
    ? ''
    : typeof value === 'string'
      ? value
      : value instanceof Date
        ? value.toISOString()
        : JSON.stringify(value);

const comparable = (value: KqlValue): KqlValue => (value instanceof Date ? value.getTime() : value);

export const kqlEquals = (one: KqlValue, other: KqlValue): boolean =>
  !isNull(one) && !isNull(other) && comparable(one) === comparable(other);

/** Ordering; anything compared with null is not true. */
export function kqlOrder(one: KqlValue, other: KqlValue): number {
  if (isNull(one) || isNull(other)) return Number.NaN;
  const [left, right] = [comparable(one) as number, comparable(other) as number];
  return left < right ? -1 : left > right ? 1 : 0;
}

const number = (value: KqlValue): number | null => {
  const parsed = isNull(value) || value === '' ? Number.NaN : Number(value);
  return Number.isNaN(parsed) ? null : Math.trunc(parsed);
};

function dateTime(value: KqlValue): Date | null {
  const time = Date.parse(kqlText(value));
  return Number.isNaN(time) ? null : new Date(time);
}

/** The scalar functions that the queries use; `ago` and `iff` and their like need more than values and are elsewhere. */
export const kqlFunctions: Readonly<Record<string, (...given: KqlValue[]) => KqlValue>> = {
  array_length: (value) => (Array.isArray(value) ? value.length : null),
  coalesce: (...given) => given.find((one) => !isNull(one) && one !== '') ?? null,
  isempty: (value) => isNull(value) || value === '',
  isnotempty: (value) => !isNull(value) && value !== '',
  isnull: isNull,
  parse_json: (value) => JSON.parse(kqlText(value)),
  replace_regex: (value, pattern, rewrite) =>
    kqlText(value).replace(new RegExp(kqlText(pattern), 'g'), kqlText(rewrite).replace(/\\(\d)/g, '$$$1')),
  split: (value, separator) => kqlText(value).split(kqlText(separator)),
  strcat: (...given) => given.map(kqlText).join(''),
  tobool: (value) => (typeof value === 'boolean' ? value : null),
  todatetime: dateTime,
  toint: number,
  tolong: number,
  tolower: (value) => kqlText(value).toLowerCase(),
  tostring: kqlText,
};
