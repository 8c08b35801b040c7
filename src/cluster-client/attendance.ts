/** Attending the nodes: they say when they want presignatures made, and the worker passes it on. */
import type { PresignRequest } from '#signer-cluster/proto/open-request.ts';
import type { SignerLink } from './link.ts';

/** Between two attempts to reach a node that is gone. */
const RETRY_MS = 1_000;

/** Attends every node until closed. A request counts for nothing but what its node signed. */
export function attendAll(
  links: readonly SignerLink[],
  onRequest: (request: PresignRequest) => void,
): { close(): void } {
  const closers = links.map((link) => attend(link, onRequest));
  return {
    close() {
      for (const close of closers) close();
    },
  };
}

function attend(link: SignerLink, onRequest: (request: PresignRequest) => void): () => void {
  let leave: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const come = (): void => {
    leave = link.attend({
      request: onRequest,
      ended() {
        if (isClosed) return;
        timer = setTimeout(come, RETRY_MS);
        timer.unref();
      },
    });
  };
  come();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    leave?.();
  };
}
