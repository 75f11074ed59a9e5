import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The tables that the queries read, with the columns that they use. */
const tables: Readonly<Record<string, string>> = {
  AppTraces: '(TimeGenerated: datetime, Message: string, _ResourceId: string)',
  StorageBlobLogs:
    '(TimeGenerated: datetime, AccountName: string, Category: string, OperationName: string, StatusText: string, ObjectKey: string, AuthenticationType: string, RequesterObjectId: string, CallerIpAddress: string)',
  StorageQueueLogs:
    '(TimeGenerated: datetime, AccountName: string, OperationName: string, StatusText: string, ObjectKey: string, Uri: string)',
  AZKVAuditLogs:
    '(TimeGenerated: datetime, OperationName: string, _ResourceId: string, ResultSignature: string, Identity: dynamic, CallerIpAddress: string)',
  AzureDiagnostics:
    '(TimeGenerated: datetime, OperationName: string, ResourceProvider: string, ResourceId: string, ResultSignature: string, CallerIPAddress: string)',
};

/** What of the language service is used here; it is a .NET library in JavaScript and describes itself badly. */
interface KustoLanguage {
  readonly KustoCode: { ParseAndAnalyze(text: string, globals: unknown): KustoCode };
  readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
  readonly Syntax: { readonly SyntaxKind: unknown };
  readonly Symbols: {
    readonly TableSymbol: { $ctor7: new (name: string, schema: string, description: null) => unknown };
    readonly DatabaseSymbol: { ctor: new (name: string, members: unknown[]) => unknown };
  };
}

interface DotNetList<T> {
  readonly Count: number;
  getItem(index: number): T;
}

interface SyntaxElement {
  readonly Kind: number;
  readonly ChildCount: number;
  readonly IsToken: boolean;
  GetChild(index: number): SyntaxElement | null;
  GetName(index: number): string;
  toString(): string;
}

interface KustoCode {
  readonly Syntax: SyntaxElement;
  GetDiagnostics(): DotNetList<{ readonly Code: string; readonly Message: string; readonly Start: number }>;
  readonly ResultType: { readonly Columns?: DotNetList<{ readonly Name: string }> } | null;
}

const itemsOf = <T>(list: DotNetList<T> | undefined): T[] =>
  Array.from({ length: list?.Count ?? 0 }, (_, index) => (list as DotNetList<T>).getItem(index));

let language: KustoLanguage | undefined;

function loadLanguage(): KustoLanguage {
  if (language === undefined) {
    require('@kusto/language-service-next/bridge.min.js');
    require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
    language = (globalThis as unknown as { Kusto: { Language: KustoLanguage } }).Kusto.Language;
  }
  return language;
}

/** What is wrong with a query, each with its line, and the columns of its result. */
export interface KqlAnalysis {
  readonly faults: readonly string[];
  readonly columns: readonly string[];
}

function parse(kql: string): KustoCode {
  const { KustoCode, GlobalState, Symbols } = loadLanguage();
  const symbols = Object.entries(tables).map(([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, null));
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('logs', symbols));
  return KustoCode.ParseAndAnalyze(kql, globals);
}

/** Parses a query and resolves its names with the language service of Kusto itself, against the tables of the workspace. */
export function analyzeKql(kql: string): KqlAnalysis {
  const code = parse(kql);
  return {
    faults: itemsOf(code.GetDiagnostics()).map(
      ({ Code, Message, Start }) => `line ${kql.slice(0, Start).split('\n').length}: ${Code} ${Message}`,
    ),
    columns: itemsOf(code.ResultType?.Columns).map(({ Name }) => Name),
  };
}

/** A node of a parsed query: its kind as Kusto names it, its parts by name, and the items of the lists in it. */
export interface KqlNode {
  readonly kind: string;
  readonly text: string;
  readonly parts: Readonly<Record<string, KqlNode>>;
  readonly items: readonly KqlNode[];
}

/** The syntax tree of a query, as plain objects. */
export function kqlSyntax(kql: string): KqlNode {
  const { Syntax } = loadLanguage();
  const { System } = globalThis as unknown as { System: { Enum: { toString(type: unknown, value: number): string } } };
  const nodeOf = (element: SyntaxElement): KqlNode => {
    const kind = System.Enum.toString(Syntax.SyntaxKind, element.Kind);
    const parts: Record<string, KqlNode> = {};
    const items: KqlNode[] = [];
    for (let index = 0; index < element.ChildCount; index += 1) {
      const child = element.GetChild(index);
      if (child === null || child === undefined) continue;
      const name = element.GetName(index);
      if (name) parts[name] = nodeOf(child);
      else if (!child.IsToken) items.push(nodeOf(child));
    }
    // An item of a list comes wrapped together with its comma.
    const [only] = items;
    if (kind === 'SeparatedElement' && only !== undefined) return only;
    // Comments before a word belong to it; they are no part of what it says.
    const text = element.toString().replace(/^(\s*\/\/.*\n)+/, '');
    return { kind, text: text.trim(), parts, items };
  };
  return nodeOf(parse(kql).Syntax);
}
