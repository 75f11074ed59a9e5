type Settings = Readonly<Record<string, string | undefined>>;

/**
 * Replaces every `%NAME%` by the app setting.
 * @throws in the words of the real host when a setting is missing or empty.
 */
export function resolveReferences(text: string, settings: Settings): string {
  return text.replace(/%([^%]+)%/g, (reference, name: string) => {
    const value = settings[name];
    if (value === undefined || value === '') {
      throw new Error(`Microsoft.Azure.WebJobs.Host: '${reference}' does not resolve to a value.`);
    }
    return value;
  });
}
