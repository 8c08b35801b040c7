/**
 * Local nodes pin the first genesis of an organisation that each of them sees. Who could show them different
 * ones has a node that decides by rules of his own, so the platform does not start over such a committee.
 */
import { isPlatformError } from '#core/errors.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';

import { LaunchError } from './launch-error.ts';
import { type LocalSigner } from './signers.ts';

type Pin = { readonly organization: string; readonly genesis: string };
type Pinned = { readonly name: string; readonly pins: readonly Pin[] };

/** @throws LaunchError that names the nodes and what each of them trusts */
export async function requireSameTrust(
  signers: readonly Pick<LocalSigner, 'name' | 'folder'>[],
  tell: (line: string) => void,
): Promise<void> {
  const pinned = await Promise.all(signers.map((signer) => pinsOf(signer, tell)));
  const organizations = new Set(
    pinned.flatMap(({ pins }) => pins.map(({ organization }) => organization)),
  );
  for (const organization of organizations) {
    const words = pinned.flatMap(({ name, pins }) =>
      pins
        .filter((pin) => pin.organization === organization)
        .map(({ genesis }) => ({ name, genesis })),
    );
    if (new Set(words.map(({ genesis }) => genesis)).size === 1) continue;
    const told = words.map(({ name, genesis }) => `${name} trusts ${genesis}`).join(', ');
    throw new LaunchError(
      `the signer nodes trust different beginnings of the organisation ${organization}: ${told}. ` +
        'Nothing is signed for it until they agree. Find out which one is genuine (its first ' +
        'administrator has it), and restore the other nodes from a backup of before.',
    );
  }
}

/** A node that has not seen an organisation yet has no pin of it, which is no difference. */
async function pinsOf(
  { name, folder }: Pick<LocalSigner, 'name' | 'folder'>,
  tell: (line: string) => void,
): Promise<Pinned> {
  try {
    const answer = await askNode(folder, { command: 'status' });
    if (!answer.ok) throw new LaunchError(`${name} does not say whom it trusts: ${answer.message}`);
    return { name, pins: answer['organizations'] as readonly Pin[] };
  } catch (error) {
    if (isPlatformError(error, 'INVALID_INPUT')) {
      tell(`${name} cannot be asked whom it trusts: ${String(error.context['reason'])}`);
      return { name, pins: [] };
    }
    if (isPlatformError(error)) {
      throw new LaunchError(`${name} cannot be asked whom it trusts: ${error.message}`);
    }
    throw error;
  }
}
