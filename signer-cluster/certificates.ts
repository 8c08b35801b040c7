/**
 * The certificates of mutual TLS: one authority per committee, one server certificate per node that
 * names its party, one client certificate for the workers. All keys are P-256 (FIPS 186-5).
 */
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { hex } from '#core/bytes.ts';
import { DAY_MS, type Instant } from '#core/time.ts';
import { nodeName } from './proto/service.ts';

/** A certificate and its private key, as PEM. */
export type Credential = { readonly certificate: string; readonly privateKey: string };

export type Authority = {
  /** PEM. */
  readonly certificate: string;
  issue(subject: Subject, validity: Validity): Promise<Credential>;
};

/** From a day before `now`, for clocks that disagree, until `days` after it. */
export type Validity = { readonly now: Instant; readonly days: number };

/** A node may only serve, a worker may only dial: neither certificate can be used as the other. */
export type Subject =
  | { readonly role: 'node'; readonly party: number }
  /** A node that has no number yet (`nodeNameOf`). */
  | { readonly role: 'node'; readonly name: string }
  | { readonly role: 'worker' };

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CLOCK_SKEW_DAYS = 1;

const WORKER_NAME = 'worker.countersign.internal';

function nameOf(subject: Subject): string {
  if (subject.role === 'worker') return WORKER_NAME;
  return 'name' in subject ? subject.name : nodeName(subject.party);
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);

const newSerial = (): string => hex(Uint8Array.of(1, ...randomBytes(15)));

const periodOf = ({ now, days }: Validity) => ({
  notBefore: new Date(now - CLOCK_SKEW_DAYS * DAY_MS),
  notAfter: new Date(now + days * DAY_MS),
});

/**
 * A new authority. Its private key stays in the closure: when the caller drops it, nobody can issue
 * another certificate, and renewal means a new authority for the whole committee.
 */
export async function newAuthority(validity: Validity): Promise<Authority> {
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: 'CN=Countersign signer committee',
    ...periodOf(validity),
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  async function issue(subject: Subject, validity: Validity): Promise<Credential> {
    const own = await newKeys();
    const name = nameOf(subject);
    const usage = x509.ExtendedKeyUsage[subject.role === 'node' ? 'serverAuth' : 'clientAuth'];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: `CN=${name}`,
      issuer: root.subject,
      ...periodOf(validity),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: P256,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage], true),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
    return {
      certificate: certificate.toString('pem'),
      privateKey: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    };
  }

  return { certificate: root.toString('pem'), issue };
}
