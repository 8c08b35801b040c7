/** Networks of which one endpoint alone is asked: what it says that was included is believed. */
import { findNetwork } from '#chains/registry.ts';
import { endpointsIn } from '#chains/wire.ts';
import type { NetworkId } from '#core/money.ts';
import type { Log } from '#workflow/services.ts';

/** One that is named twice is one source; a local chain belongs to whoever runs it. */
export const singleSources = (rpc: ReadonlyMap<NetworkId, string>): readonly NetworkId[] =>
  [...rpc].flatMap(([network, endpoints]) =>
    !findNetwork(network).local && new Set(endpointsIn(endpoints)).size < 2 ? [network] : [],
  );

/** One line for each of them. */
export function tellSingleSources(rpc: ReadonlyMap<NetworkId, string>, log: Pick<Log, 'warn'>) {
  for (const network of singleSources(rpc)) {
    const message =
      'one endpoint alone says what this network holds, and is believed: name several in its RPC variable';
    log.warn({ network }, message);
  }
}
