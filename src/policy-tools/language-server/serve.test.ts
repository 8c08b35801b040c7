import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type CodeAction,
  type CodeLens,
  type CompletionItem,
  type Hover,
  type Location,
  type PublishDiagnosticsParams,
  type SemanticTokens,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
  type WorkspaceEdit,
  createProtocolConnection,
  type ProtocolConnection,
} from 'vscode-languageserver/node';
import { visitServer } from '#testing/language-client.ts';
import { HEADER, SUPPORT, WORLD } from '#testing/policy-fixtures.ts';
import { RUN_TEST, serveLanguage } from './serve.ts';

const RULES = `rule vendors "Vendors" {
  when recipient in approved-vendors
  then allow with approval by 1 of managers
}
test "a vendor" {
  given transfer { recipient = 0x52908400098527886E0F7030069857D2E4169EE7; }
  expect require approval by 1 of managers
}
`;
const FIRST_RULE_LINE = HEADER.split('\n').length - 1;

let folder: string;
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policies-'));
  await mkdir(join(folder, 'lists'));
  for (const { path, content } of SUPPORT) await writeFile(join(folder, path), content);
  await writeFile(join(folder, 'main.policy'), HEADER + RULES);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => rm(folder, { recursive: true }));

const uriOf = (path: string): string => pathToFileURL(join(folder, path)).href;

/** A client beside a server, each at its end of two streams. */
async function connect(): Promise<{
  readonly client: ProtocolConnection;
  readonly diagnosed: (uri: string) => Promise<PublishDiagnosticsParams>;
}> {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const served = serveLanguage({
    input: toServer,
    output: toClient,
    world: WORLD,
    prices: new Map(),
  });
  const client = createProtocolConnection(
    new StreamMessageReader(toClient),
    new StreamMessageWriter(toServer),
  );
  const waiting: { readonly uri: string; readonly give: (p: PublishDiagnosticsParams) => void }[] =
    [];
  client.onNotification('textDocument/publishDiagnostics', (found: PublishDiagnosticsParams) => {
    const at = waiting.findIndex(({ uri }) => uri === found.uri);
    if (at >= 0) waiting.splice(at, 1)[0]?.give(found);
  });
  client.listen();
  await client.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
  await client.sendNotification('initialized', {});
  closing.push(async () => {
    await client.sendRequest('shutdown');
    toServer.end();
    await served;
    client.dispose();
  });
  return {
    client,
    diagnosed: (uri) =>
      new Promise((give) => {
        waiting.push({ uri, give });
      }),
  };
}

const opened = (text: string, version = 1) => ({
  textDocument: { uri: uriOf('main.policy'), languageId: 'countersign-policy', version, text },
});

const at = (line: number, character: number) => ({
  textDocument: { uri: uriOf('main.policy') },
  position: { line: FIRST_RULE_LINE + line, character },
});

test('a fault is told while it is typed, with its fix, and its end is told as well', async () => {
  const { client, diagnosed } = await connect();
  const uri = uriOf('main.policy');
  const first = diagnosed(uri);
  await client.sendNotification(
    'textDocument/didOpen',
    opened(HEADER + RULES.replace('in approved-vendors', 'in aproved-vendors')),
  );
  const faults = (await first).diagnostics;
  const [fault] = faults.filter(({ code }) => code === 'UNKNOWN_NAME');
  expect(fault?.message).toMatch(/There is no list "aproved-vendors".*approved-vendors\?/);
  expect(fault?.range.start).toEqual({ line: FIRST_RULE_LINE + 1, character: 20 });
  const range = fault?.range;
  const textDocument = { uri };
  const context = { diagnostics: faults };
  const actions = await client.sendRequest<CodeAction[]>('textDocument/codeAction', {
    textDocument,
    range,
    context,
  });
  expect(actions.map(({ title }) => title)).toEqual(['Write approved-vendors']);
  const second = diagnosed(uri);
  await client.sendNotification('textDocument/didChange', {
    textDocument: { uri, version: 2 },
    contentChanges: [{ text: HEADER + RULES }],
  });
  const errors = (await second).diagnostics.filter(({ severity }) => severity === 1);
  expect(errors).toEqual([]);
});

test('an editor finds, renames, completes, colours, formats and runs tests', async () => {
  const { client } = await connect();
  const uri = uriOf('main.policy');
  const textDocument = { uri };
  const crooked = RULES.replace('  then allow', '     then     allow');
  await client.sendNotification('textDocument/didOpen', opened(HEADER + crooked));
  const ask = <T>(method: string, params: object): Promise<T> =>
    client.sendRequest<T>(`textDocument/${method}`, params);
  const hover = await ask<Hover>('hover', at(1, 25));
  expect(JSON.stringify(hover.contents)).toContain('Vendor XYZ');
  const target = await ask<Location>('definition', at(1, 25));
  expect(target.range.start.line).toBe(
    HEADER.split('\n').findIndex((line) => /approved/.test(line)),
  );
  const places = await ask<Location[]>('references', {
    ...at(1, 25),
    context: { includeDeclaration: true },
  });
  expect(places).toHaveLength(2);
  const edit = await ask<WorkspaceEdit>('rename', { ...at(0, 6), newName: 'payees' });
  expect(edit.changes?.[uri]).toHaveLength(1);
  await expect(ask('rename', { ...at(0, 6), newName: 'Not A Name' })).rejects.toThrow(/not a name/);
  const items = await ask<CompletionItem[]>('completion', at(1, 22));
  expect(items.map(({ label }) => label)).toContain('approved-vendors');
  const { data } = await ask<SemanticTokens>('semanticTokens/full', { textDocument });
  expect(data.length).toBeGreaterThan(100);
  expect(data.length % 5).toBe(0);
  const options = { tabSize: 2, insertSpaces: true };
  const [format] = await ask<TextEdit[]>('formatting', { textDocument, options });
  expect(format?.newText).toContain('  then    allow with approval by 1 of managers\n');
  const lenses = await ask<CodeLens[]>('codeLens', { textDocument });
  expect(lenses.map(({ command }) => command?.title)).toEqual([
    'matched by 1 test',
    'run test: passes',
  ]);
  const report = await client.sendRequest<string>('workspace/executeCommand', {
    command: RUN_TEST,
    arguments: [uri, 'a vendor'],
  });
  expect(report).toMatch(/^passed: a vendor\n/);
});

test('a document that is no file, or lies nowhere, is answered with nothing', async () => {
  const { client } = await connect();
  const textDocument = { uri: 'untitled:Untitled-1' };
  const position = { line: 0, character: 0 };
  await expect(
    client.sendRequest('textDocument/hover', { textDocument, position }),
  ).resolves.toBeNull();
  await expect(client.sendRequest('textDocument/codeLens', { textDocument })).resolves.toBeNull();
});

test('"countersign policy lsp" serves over standard input and output', async () => {
  const main = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
  const args = ['--import', '@oxc-node/core/register', main, 'policy', 'lsp', '--stdio'];
  const visit = await visitServer(args, process.cwd());
  expect(visit).toEqual({ name: 'countersign-policy', exitCode: 0 });
});
