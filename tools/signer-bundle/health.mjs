/**
 * Whether the node of SIGNER_CONFIG serves: it answers its operator's socket. For the health checks of containers, as the node's own user; exit code 0 or 1.
 */
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';

const TIMEOUT_MS = 4_000;

const config = process.env['SIGNER_CONFIG'] ?? '';
/** @type {{ dataDir: string }} */
const { dataDir } = JSON.parse(readFileSync(config, 'utf8'));
const socket = createConnection(join(resolve(dirname(config), dataDir), 'operator.sock'));
socket.setTimeout(TIMEOUT_MS, () => process.exit(1));
socket.on('error', () => process.exit(1));
let answer = '';
socket.setEncoding('utf8');
socket.on('data', (text) => (answer += text));
socket.on('end', () => process.exit(JSON.parse(answer).ok === true ? 0 : 1));
socket.write('{"command":"status"}\n');
