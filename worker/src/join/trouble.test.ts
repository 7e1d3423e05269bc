import { describe, expect, it } from 'vitest';
import { troubleOfError, troubleOfStatus } from './trouble.ts';

const failed = (code: string) => troubleOfError(Object.assign(new Error('no'), { code }), 'a:1');

describe('a connection that does not come about', () => {
  it.each([
    ['ENOTFOUND', 'JOIN_UNKNOWN_HOST', 'The name in a:1 is not known here.'],
    ['EAI_AGAIN', 'JOIN_UNKNOWN_HOST', 'The name in a:1 is not known here.'],
    ['EPROTO', 'JOIN_NOT_A_RUN', 'a:1 does not speak TLS.'],
    ['CERT_HAS_EXPIRED', 'JOIN_CERTIFICATE', 'The certificate of a:1 has expired.'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'JOIN_CERTIFICATE', 'The certificate of a:1 is for another name.'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'JOIN_CERTIFICATE', 'The certificate of a:1 is not trusted here.'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'JOIN_CERTIFICATE', 'The certificate of a:1 is not trusted here.'],
  ])('because of %s is given up as %s', (code, final, sentence) => {
    expect(failed(code)).toEqual({ final, sentence: expect.stringContaining(sentence) });
  });

  it.each([
    ['ECONNREFUSED', 'Nobody listens at a:1.'],
    ['EHOSTUNREACH', 'There is no way to a:1 from here.'],
    ['ETIMEDOUT', 'a:1 does not answer.'],
    ['ECONNRESET', 'a:1 hung up before the connection was made.'],
    ['EWHATEVER', 'No connection to a:1 could be made (no).'],
  ])('because of %s is tried again', (code, sentence) => {
    expect(failed(code)).toEqual({ sentence: expect.stringContaining(sentence) });
  });

  it('is tried again where a proxy has no run behind it, and given up where something else answers', () => {
    expect(troubleOfStatus(502, 'a:1')).toEqual({
      sentence: 'a:1 has no room, or does not reach its run (HTTP 502).',
    });
    expect(troubleOfStatus(429, 'a:1')).not.toHaveProperty('final');
    expect(troubleOfStatus(404, 'a:1')).toMatchObject({ final: 'JOIN_NOT_A_RUN' });
  });
});
