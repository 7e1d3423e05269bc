/**
 * The WebSocket library in the version that the coordinator runs on, taken from where the coordinator finds it: what it
 * is compared with is this library without anything of ours around it.
 */

import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** Of a socket of the library what benches use. */
export interface BareSocket {
  binaryType: string;
  on(event: 'open' | 'close', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'message', listener: (data: ArrayBuffer) => void): void;
  send(data: Uint8Array | ArrayBuffer): void;
  terminate(): void;
}

export interface BareServer {
  address(): AddressInfo;
  on(event: 'listening', listener: () => void): void;
  on(event: 'connection', listener: (socket: BareSocket) => void): void;
}

export interface BareLibrary {
  readonly WebSocket: new (url: string, subprotocols: readonly string[], options: object) => BareSocket;
  readonly WebSocketServer: new (options: object) => BareServer;
}

const here = createRequire(import.meta.url);

export const bareLibrary = createRequire(here.resolve('hivegrad/server/server'))('ws') as BareLibrary;
