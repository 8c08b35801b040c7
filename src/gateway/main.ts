/** The gateway process: the API, its subscriptions, and the page on one port. */
import process from 'node:process';
import { ConfigError, parseConfig } from './config.ts';
import { firstAdministratorLink } from './first-administrator.ts';
import { openGateway } from './gateway.ts';
import { announceReady, stopOnSignal } from './lifetime.ts';
import { openLog } from './log.ts';
import { openServices } from './open-services.ts';
import { operatorToken } from './operator-token.ts';
import { openPage } from './page.ts';

/** On this machine alone: nobody else reaches the port, and the schema may be explored. */
const isLocal = (origin: string): boolean => new URL(origin).hostname === 'localhost';

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const log = openLog('gateway', config.logLevel);
  const opened = await openServices(config, log);
  const { services } = opened;
  const token = operatorToken(config.dataDir);
  const link = await firstAdministratorLink(services, config.dataDir, token);
  const local = isLocal(config.publicOrigin);
  const gateway = await openGateway({
    services,
    databaseUrl: config.databaseUrl,
    operatorToken: token,
    page: openPage(),
    ...(config.consoleOrigin === undefined ? {} : { consoleOrigin: config.consoleOrigin }),
    introspection: local,
    ...(config.socketsPerAddressMax === undefined
      ? {}
      : { socketsPerAddressMax: config.socketsPerAddressMax }),
    ...(config.ceremoniesPerAddress === undefined
      ? {}
      : { ceremoniesPerAddress: config.ceremoniesPerAddress }),
    listen: { port: config.port, host: local ? '127.0.0.1' : '0.0.0.0' },
  });
  stopOnSignal(config.exitWithParent, async () => {
    await gateway.close();
    await opened.close();
  });
  // The launcher shows the link to the person who started it.
  if (link !== undefined) process.stdout.write(`${JSON.stringify({ firstAdminLink: link })}\n`);
  announceReady(gateway.port);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
