/**
 * Why a connection to a run did not come about, in sentences for whoever typed the address. In: what the socket or
 * the answer to the upgrade said; out: a sentence, and whether the address itself is at fault, so that nothing is to
 * be gained by trying it again.
 */

import type { UserErrorCode } from '@hivegrad/shared/errors';

export interface Trouble {
  readonly sentence: string;
  /** Set where the first attempt settles the matter; later ones go on, for networks change. */
  readonly final?: Extract<UserErrorCode, 'JOIN_UNKNOWN_HOST' | 'JOIN_CERTIFICATE' | 'JOIN_NOT_A_RUN'>;
}

/** An error before the connection was open. `shown` is the host and port. */
export function troubleOfError(error: unknown, shown: string): Trouble {
  const code = codeOf(error);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NONAME':
      return {
        final: 'JOIN_UNKNOWN_HOST',
        sentence: `The name in ${shown} is not known here. Look for a typing error, or give the IP address instead.`,
      };
    case 'ECONNREFUSED':
      return {
        sentence: `Nobody listens at ${shown}. Is the port right, and was the run started with --listen?`,
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return { sentence: `There is no way to ${shown} from here. Is this machine on the same network?` };
    case 'ETIMEDOUT':
      return { sentence: `${shown} does not answer. Does a firewall stand between?` };
    case 'ECONNRESET':
    case 'EPIPE':
      return {
        sentence: `${shown} hung up before the connection was made. Use https:// if the run has a certificate.`,
      };
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return {
        final: 'JOIN_NOT_A_RUN',
        sentence: `${shown} does not speak TLS. Use http:// instead of https:// if the run has no certificate.`,
      };
    case 'CERT_HAS_EXPIRED':
      return certificate(shown, 'has expired', 'Whoever runs the training has to renew it.');
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return certificate(shown, 'is for another name', 'Use the name for which it was made.');
    default:
      return isCertificateCode(code)
        ? certificate(
            shown,
            'is not trusted here',
            'If you trust whoever made it, save it as a PEM file and set NODE_EXTRA_CA_CERTS to its path.',
          )
        : { sentence: `No connection to ${shown} could be made (${reasonOf(error)}).` };
  }
}

/** An answer to the upgrade that is neither a socket nor one of the two refusals that the protocol knows. */
export function troubleOfStatus(status: number, shown: string): Trouble {
  if (status >= 500 || status === 408 || status === 429) {
    return { sentence: `${shown} has no room, or does not reach its run (HTTP ${status}).` };
  }
  const sentence = `Something answers at ${shown}, but it is no run that takes workers (HTTP ${status}). Is the port right?`;
  return { sentence, final: 'JOIN_NOT_A_RUN' };
}

function certificate(shown: string, what: string, remedy: string): Trouble {
  return { final: 'JOIN_CERTIFICATE', sentence: `The certificate of ${shown} ${what}. ${remedy}` };
}

/** The names that OpenSSL gives to what is wrong with a chain of certificates. */
function isCertificateCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|CRL|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH/.test(code);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1)[0]!.replace(/\.$/, '') : String(error);
}
