/**
 * An ARM template as the Bicep compiler writes it: in language version 2.0 its resources have symbolic names; a small module
 * is still written in the first version, as a list, and refers to resources by id.
 */
export interface Template {
  readonly languageVersion?: string;
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly functions?: readonly {
    readonly namespace: string;
    readonly members: Readonly<Record<string, TemplateMember>>;
  }[];
  readonly resources: Readonly<Record<string, TemplateResource>> | readonly TemplateResource[];
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface TemplateMember {
  readonly parameters: readonly { readonly name: string }[];
  readonly output: { readonly value: unknown };
}

export interface TemplateResource {
  readonly type: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly existing?: boolean;
  readonly condition?: unknown;
  readonly copy?: { readonly name: string; readonly count: unknown };
  readonly dependsOn?: readonly string[];
  readonly [property: string]: unknown;
}
