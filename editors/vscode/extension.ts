/** Starts the language server that lies beside this file, and stops it with the window. */
import { join } from 'node:path';
import { type ExtensionContext, workspace } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

const LANGUAGE = 'countersign-policy';

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const prices = workspace.getConfiguration('countersign').get<string>('prices', '');
  const module = context.asAbsolutePath(join('server.mjs'));
  const args = prices === '' ? [] : ['--prices', prices];
  client = new LanguageClient(
    LANGUAGE,
    'Countersign policies',
    { module, args, transport: TransportKind.stdio },
    {
      documentSelector: [{ scheme: 'file', language: LANGUAGE }],
      synchronize: {
        fileEvents: workspace.createFileSystemWatcher(
          '**/{*.policy,lists/*.csv,abi/*.json,groups.yaml}',
        ),
      },
    },
  );
  context.subscriptions.push(client);
  await client.start();
}

export const deactivate = async (): Promise<void> => client?.stop();
