/** An editor that greets a language server in a process of its own, and takes leave. */
import { spawn } from 'node:child_process';
import {
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
} from 'vscode-languageserver/node';

export type Visit = {
  /** What the server calls itself. */
  readonly name: string;
  readonly exitCode: number | null;
};

/**
 * @param args of Node: the program and its arguments
 * @throws Error when the server ends before it has answered
 */
export async function visitServer(args: readonly string[], cwd: string): Promise<Visit> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const client = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  client.listen();
  const gone = exited.then((code) => {
    throw new Error(`the server has ended with ${code}`);
  });
  const asked = client.sendRequest<{ serverInfo: { name: string } }>('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {},
  });
  const { serverInfo } = await Promise.race([asked, gone]);
  await client.sendRequest('shutdown');
  await client.sendNotification('exit');
  const exitCode = await exited;
  client.dispose();
  return { name: serverInfo.name, exitCode };
}
