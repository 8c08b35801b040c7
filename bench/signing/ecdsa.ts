/** Threshold ECDSA: a presignature, and the signature that it becomes. */
import { utf8 } from '#core/bytes.ts';
import { online } from '#signing/dkls/online.ts';
import { type Presignature, presign } from '#signing/dkls/presign.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type Committee, memberOf } from '#signing/simulated-committee.ts';
import { digest } from '#signing/transcript.ts';
import type { Measurement } from './measurement.ts';
import { type InProcessRun, runInProcess } from './in-process.ts';
import { type Topology, random, signersOf } from './topology.ts';

const MESSAGE = digest('bench/signing', utf8('a message'));

export function ecdsa(topology: Topology, committee: Committee): Measurement {
  const signers = signersOf(topology);
  const makePresignatures = (): InProcessRun<Presignature> =>
    runInProcess(signers, (me) => presign({ ...memberOf(committee, me, signers), random }));
  const sign = (presignatures: ReadonlyMap<PartyId, Presignature>) =>
    runInProcess(signers, (me) =>
      online({
        presignature: presignatures.get(me) as Presignature,
        digest: MESSAGE,
        tweak: 0n,
        random,
      }),
    );
  const once = makePresignatures();
  return {
    contenders: [
      { name: 'presign_cpu_ms', sample: async () => makePresignatures().cpuMs },
      {
        name: 'online_cpu_ms',
        sample: async () => sign(makePresignatures().outputs).cpuMs,
      },
    ],
    messageBytes: { presign: once.messageBytes, online: sign(once.outputs).messageBytes },
  };
}
