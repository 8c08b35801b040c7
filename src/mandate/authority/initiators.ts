/**
 * With which passkeys and keys somebody could ever ask for a transfer, from the beginning of a log to its
 * head. What was asked for then may still be paid, whoever has left since; what was never permitted cannot be.
 */
import { hasPermission } from '#mandate/permissions.ts';
import type { AuthorityState } from './state.ts';

export type Initiators = {
  /** After each entry of the log. */
  note(state: AuthorityState): void;
  /** Whether the credential with this external id was one of them. */
  has(credentialId: string): boolean;
};

export function initiators(): Initiators {
  const known = new Set<string>();
  let last: Pick<AuthorityState, 'users' | 'credentials'> | undefined;
  return {
    note(state) {
      const { users, credentials } = state;
      // Maps are copied when they change, and most entries change neither.
      if (last?.users === users && last.credentials === credentials) return;
      last = { users, credentials };
      for (const [id, credential] of credentials) {
        const user = users.get(credential.user);
        const may = user?.state === 'active' && hasPermission(user, 'transfers:create');
        if (may && credential.state === 'active') known.add(id);
      }
    },
    has: (credentialId) => known.has(credentialId),
  };
}
