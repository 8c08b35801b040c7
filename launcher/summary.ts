/** What `npm start` prints when everything serves. */
import { type Platform } from './platform.ts';

export function summary(platform: Platform): string {
  const pids = Object.entries(platform.pids()).map(([name, pid]) => `${name} ${pid}`);
  const rows: readonly (readonly [string, string])[] = [
    ['Open', platform.origin],
    ['GraphQL', `${platform.url}/graphql`],
    ['local-evm', platform.rpc],
    ['local-solana', platform.rpcSolana],
    ['Data and logs', platform.dataDir],
    ['Processes', pids.join(', ')],
  ];
  const link = platform.firstAdministratorLink;
  const invitation =
    link === undefined
      ? []
      : ['', 'Register the first administrator, once, with a passkey:', `  ${link}`];
  const alarms =
    platform.alarms.length === 0
      ? []
      : ['', 'A chain is not the one that it was:', ...platform.alarms.map((each) => `  ${each}`)];
  const fund = 'npx countersign local fund WALLET|ADDRESS';
  const seconds = (platform.startedInMs / 1000).toFixed(1);
  return [
    '',
    `Countersign runs (started in ${seconds} s).`,
    '',
    ...rows.map(([label, value]) => `  ${label.padEnd(16)}${value}`),
    ...alarms,
    ...invitation,
    '',
    `Test money for a wallet of a local chain: ${fund}`,
    'Ctrl-C stops everything and keeps the data.',
    '',
  ].join('\n');
}
