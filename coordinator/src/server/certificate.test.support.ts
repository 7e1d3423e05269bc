/**
 * A certificate of 127.0.0.1 that signs itself, and its key, made for these tests and trusted by nobody:
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=127.0.0.1 -addext
 * subjectAltName=IP:127.0.0.1`.
 */

export const certificate = `
-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUIZLRVH1tiG59Fi9X7a9PVJ9YZXgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNDEyNDA1OVoYDzIxMjYxMDMx
MTI0MDU5WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARSodfnUKHjapoFOB4K277Xn7yq0djDpng2Ca+UXX59QJyb2QPbX3J1
DXkwjJJGAEqH+6TQWn1I03o3d6miQUdno2QwYjAdBgNVHQ4EFgQUu3mEHTSdOPSR
XnY/utVrSEO5XtAwHwYDVR0jBBgwFoAUu3mEHTSdOPSRXnY/utVrSEO5XtAwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IQDtxAI3plgrbhU3XJJsFuvOyzl5mV1xqmmW9G3HsK9uXgIgMzK9R1QfWbk1eEaw
4cWKcQvcYubXwCX+9OTelsewUEQ=
-----END CERTIFICATE-----
`;

export const key = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5rViaeh7UJnchzow
sLlMV+OoMUatn5MioVdtTX/OKjmhRANCAARSodfnUKHjapoFOB4K277Xn7yq0djD
png2Ca+UXX59QJyb2QPbX3J1DXkwjJJGAEqH+6TQWn1I03o3d6miQUdn
-----END PRIVATE KEY-----
`;

/** Of another certificate. */
export const otherKey = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgv9F5dGPu7ClTkc1k
tZHo0jTYVv0Ftln+UYtfGc/O3gahRANCAARvpfBlhsjoYDkFZWaujQc4AQ1fSVwh
t3EHtyxb0bQ6LGy76/Dx/IyZMi+x+Z1ahm2lI8e/c2XsvsGCFiLPcBW0
-----END PRIVATE KEY-----
`;
