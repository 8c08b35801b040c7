/**
 * The language server: answers an editor's questions about the policies that it has open (LSP 3.17).
 * What is known of a policy comes from `#policy-lang/editing`; here it meets the protocol.
 */
import type { Readable, Writable } from 'node:stream';
import {
  CodeActionKind,
  type Connection,
  FileChangeType,
  type InitializeResult,
  MessageType,
  StreamMessageReader,
  StreamMessageWriter,
  SymbolKind,
  TextDocumentSyncKind,
  TextDocuments,
  createConnection,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { World } from '#policy-lang/world.ts';
import { type ShownPrices } from '#policy-lang/editing/hover.ts';
import { TOKEN_KINDS } from '#policy-lang/editing/semantic-tokens.ts';
import { testReport } from '#policy-lang/editing/lenses.ts';
import * as answers from './answers.ts';
import { Diagnoses } from './diagnoses.ts';
import { OpenBundles } from './open-bundles.ts';

export const RUN_TEST = 'countersign.runTest';

export type LanguageServerOptions = {
  readonly input: Readable;
  readonly output: Writable;
  readonly world: World;
  /** Quotes that a hover over an asset shows; none where the caller has none. */
  readonly prices: ShownPrices;
};

/** Serves until the input ends; at the editor's `exit` the protocol ends the process. */
export function serveLanguage(options: LanguageServerOptions): Promise<void> {
  const connection = createConnection(
    new StreamMessageReader(options.input),
    new StreamMessageWriter(options.output),
  );
  const documents = new TextDocuments(TextDocument);
  const bundles = new OpenBundles(
    {
      all: () =>
        documents.all().map((document) => ({ uri: document.uri, text: document.getText() })),
    },
    options.world,
  );
  const diagnoses = new Diagnoses(bundles, (report) => connection.sendDiagnostics(report));
  connection.onInitialize(() => capabilities());
  documents.onDidChangeContent(({ document }) => {
    bundles.forget();
    diagnoses.ask(document.uri);
  });
  documents.onDidClose(({ document }) => {
    bundles.forget();
    diagnoses.close(document.uri);
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    bundles.forget();
    for (const document of documents.all()) diagnoses.ask(document.uri);
    for (const { uri, type } of changes) if (type === FileChangeType.Deleted) diagnoses.close(uri);
  });
  answerQuestions(connection, bundles, options.prices);
  runTests(connection, bundles);
  documents.listen(connection);
  return new Promise((resolve) => {
    options.input.once('end', () => {
      diagnoses.stop();
      connection.dispose();
      resolve();
    });
    connection.listen();
  });
}

const capabilities = (): InitializeResult => ({
  serverInfo: { name: 'countersign-policy' },
  capabilities: {
    textDocumentSync: TextDocumentSyncKind.Incremental,
    hoverProvider: true,
    completionProvider: { triggerCharacters: ['"', '@', '.', ' '] },
    definitionProvider: true,
    referencesProvider: true,
    documentHighlightProvider: true,
    renameProvider: { prepareProvider: true },
    documentSymbolProvider: true,
    documentFormattingProvider: true,
    codeLensProvider: {},
    codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
    executeCommandProvider: { commands: [RUN_TEST] },
    semanticTokensProvider: {
      legend: { tokenTypes: [...TOKEN_KINDS], tokenModifiers: ['declaration'] },
      full: true,
    },
  },
});

function answerQuestions(connection: Connection, bundles: OpenBundles, prices: ShownPrices): void {
  const about = async <T>(uri: string, answer: (place: answers.Place) => T): Promise<T | null> => {
    const found = await bundles.of(uri);
    return found === undefined ? null : answer(found);
  };
  connection.onHover(({ textDocument, position }) =>
    about(textDocument.uri, (place) => answers.hoverAt(place, position, prices)),
  );
  connection.onCompletion(({ textDocument, position }) =>
    about(textDocument.uri, (place) => answers.completionsAt(place, position)),
  );
  connection.onDefinition(({ textDocument, position }) =>
    about(textDocument.uri, (place) => answers.definitionAt(place, position)),
  );
  connection.onReferences(({ textDocument, position, context }) =>
    about(textDocument.uri, (place) =>
      answers.referencesAt(place, position, context.includeDeclaration),
    ),
  );
  connection.onDocumentHighlight(({ textDocument, position }) =>
    about(textDocument.uri, (place) => answers.highlightsAt(place, position)),
  );
  connection.onPrepareRename(({ textDocument, position }) =>
    about(textDocument.uri, (place) => answers.renamable(place, position)),
  );
  connection.onRenameRequest(({ textDocument, position, newName }) =>
    about(textDocument.uri, (place) => answers.renamed(place, position, newName)),
  );
  connection.onDocumentSymbol(({ textDocument }) =>
    about(textDocument.uri, (place) => answers.symbolsOf(place, SymbolKind)),
  );
  connection.onDocumentFormatting(({ textDocument }) => about(textDocument.uri, answers.formatted));
  connection.onCodeLens(({ textDocument }) =>
    about(textDocument.uri, (place) => answers.codeLenses(place, textDocument.uri, RUN_TEST)),
  );
  connection.onCodeAction(({ textDocument, context }) =>
    about(textDocument.uri, (place) => answers.quickFixes(place, context.diagnostics)),
  );
  connection.languages.semanticTokens.on(async ({ textDocument }) => ({
    data: (await about(textDocument.uri, answers.semanticTokens)) ?? [],
  }));
}

function runTests(connection: Connection, bundles: OpenBundles): void {
  connection.onExecuteCommand(async ({ command, arguments: given = [] }) => {
    const [uri, title] = given as readonly unknown[];
    if (command !== RUN_TEST || typeof uri !== 'string' || typeof title !== 'string') return null;
    const found = await bundles.of(uri);
    const lines = found && testReport(found.bundle, title);
    const message = lines?.join('\n') ?? `There is no test "${title}" that can run.`;
    const type = lines?.[0]?.startsWith('passed') === true ? MessageType.Info : MessageType.Error;
    await connection.sendNotification('window/showMessage', { type, message });
    return message;
  });
}
