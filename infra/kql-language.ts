import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The tables that the queries read, with the columns that they use. */
const tables: Readonly<Record<string, string>> = {
  AppTraces: '(TimeGenerated: datetime, Message: string)',
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
  readonly Symbols: {
    readonly TableSymbol: { $ctor7: new (name: string, schema: string, description: null) => unknown };
    readonly DatabaseSymbol: { ctor: new (name: string, members: unknown[]) => unknown };
  };
}

interface DotNetList<T> {
  readonly Count: number;
  getItem(index: number): T;
}

interface KustoCode {
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

/** Parses a query and resolves its names with the language service of Kusto itself, against the tables of the workspace. */
export function analyzeKql(kql: string): KqlAnalysis {
  const { KustoCode, GlobalState, Symbols } = loadLanguage();
  const symbols = Object.entries(tables).map(([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, null));
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('logs', symbols));
  const code = KustoCode.ParseAndAnalyze(kql, globals);
  return {
    faults: itemsOf(code.GetDiagnostics()).map(
      ({ Code, Message, Start }) => `line ${kql.slice(0, Start).split('\n').length}: ${Code} ${Message}`,
    ),
    columns: itemsOf(code.ResultType?.Columns).map(({ Name }) => Name),
  };
}
