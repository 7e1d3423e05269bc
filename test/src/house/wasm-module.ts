/**
 * Decodes a WebAssembly module as far as the rules about kernels need it: imports, data segments, and which
 * instructions occur in its code. An opcode that is not in the tables is an error, so nothing goes by unseen.
 *
 * Section and opcode numbers are those of the WebAssembly core specification with SIMD, relaxed SIMD and threads.
 */

export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly kind: 'function' | 'table' | 'memory' | 'global';
  /** Memories only. */
  readonly isShared: boolean;
}

export interface WasmModule {
  readonly imports: readonly WasmImport[];
  readonly dataSegments: number;
  /** Whether instantiating runs code. */
  readonly hasStart: boolean;
  /** How often each instruction occurs: "45" for one byte, "fd:e4" for a prefix and its number, in hex. */
  readonly instructions: ReadonlyMap<string, number>;
}

const sectionIds = { import: 2, start: 8, code: 10, data: 11 } as const;
const kinds = ['function', 'table', 'memory', 'global'] as const;

export function decodeWasm(bytes: Uint8Array): WasmModule {
  const reader = new Reader(bytes);
  if (reader.take(8).join() !== '0,97,115,109,1,0,0,0')
    throw new Error('not a WebAssembly module of version 1');
  const instructions = new Map<string, number>();
  let imports: WasmImport[] = [];
  let dataSegments = 0;
  let hasStart = false;
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const section = new Reader(reader.take(reader.unsigned()));
    if (id === sectionIds.import) imports = section.list(readImport);
    else if (id === sectionIds.start) hasStart = true;
    else if (id === sectionIds.data) dataSegments = section.unsigned();
    else if (id === sectionIds.code) section.list((body) => readBody(body, instructions));
  }
  return { imports, dataSegments, hasStart, instructions };
}

/** The instructions whose result an engine may choose, among them every fused multiply-add: fd 0x100 and up. */
export function relaxedInstructions(module: WasmModule): string[] {
  return [...module.instructions.keys()].filter(
    (key) => key.startsWith('fd:') && parseInt(key.slice(3), 16) >= 0x100,
  );
}

function readImport(reader: Reader): WasmImport {
  const module = reader.name();
  const name = reader.name();
  const kind = kinds[reader.byte()];
  if (kind === undefined) throw new Error(`import ${module}.${name} is of an unknown kind`);
  let isShared = false;
  if (kind === 'function') reader.unsigned();
  if (kind === 'table') reader.byte();
  if (kind === 'global') reader.take(2);
  if (kind === 'table' || kind === 'memory') {
    const flags = reader.byte();
    reader.unsigned();
    if ((flags & 1) !== 0) reader.unsigned();
    isShared = (flags & 2) !== 0;
  }
  return { module, name, kind, isShared };
}

function readBody(section: Reader, instructions: Map<string, number>): void {
  const body = new Reader(section.take(section.unsigned()));
  body.list((locals) => {
    locals.unsigned();
    locals.byte();
  });
  while (!body.isAtEnd) {
    const opcode = body.byte();
    const prefixed = opcode >= 0xfc ? body.unsigned() : undefined;
    const key =
      prefixed === undefined ? opcode.toString(16) : `${opcode.toString(16)}:${prefixed.toString(16)}`;
    instructions.set(key, (instructions.get(key) ?? 0) + 1);
    const operands = prefixed === undefined ? operandsOf(opcode) : prefixedOperandsOf(opcode, prefixed);
    if (operands === undefined) throw new Error(`unknown instruction ${key}`);
    for (const operand of operands) skip(body, operand);
  }
}

/**
 * The operands that follow an opcode, a letter each: u an LEB128 integer, m alignment and offset (with a memory
 * number when bit 6 says so), v a list of integers, and digits for that many bytes, f standing for sixteen.
 */
function operandsOf(opcode: number): string | undefined {
  const within = (first: number, last: number) => opcode >= first && opcode <= last;
  if (within(0x45, 0xc4) || [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1].includes(opcode)) return '';
  if (within(0x02, 0x04) || within(0x0c, 0x0d) || within(0x20, 0x26) || within(0x3f, 0x42)) return 'u';
  if (opcode === 0x0e) return 'vu';
  if (opcode === 0x10 || opcode === 0x12 || opcode === 0xd0 || opcode === 0xd2) return 'u';
  if (opcode === 0x11 || opcode === 0x13) return 'uu';
  if (opcode === 0x1c) return 'v';
  if (within(0x28, 0x3e)) return 'm';
  if (opcode === 0x43) return '4';
  if (opcode === 0x44) return '8';
  return undefined;
}

function prefixedOperandsOf(prefix: number, opcode: number): string | undefined {
  const within = (first: number, last: number) => opcode >= first && opcode <= last;
  if (prefix === 0xfc)
    return ['', '', '', '', '', '', '', '', 'uu', 'u', 'uu', 'u', 'uu', 'u', 'uu', 'u', 'u', 'u'][opcode];
  if (prefix === 0xfd) {
    if (within(0x00, 0x0b) || within(0x5c, 0x5d)) return 'm';
    if (within(0x0c, 0x0d)) return 'f';
    if (within(0x15, 0x22)) return '1';
    if (within(0x54, 0x5b)) return 'm1';
    return within(0x0e, 0x113) ? '' : undefined;
  }
  if (prefix === 0xfe) {
    if (opcode === 0x03) return '1';
    return within(0x00, 0x02) || within(0x10, 0x4e) ? 'm' : undefined;
  }
  return undefined;
}

function skip(reader: Reader, operand: string): void {
  if (operand === 'u') reader.unsigned();
  else if (operand === 'v') reader.list((item) => item.unsigned());
  else if (operand === 'm') {
    if ((reader.unsigned() & 0x40) !== 0) reader.unsigned();
    reader.unsigned();
  } else reader.take(operand === 'f' ? 16 : Number(operand));
}

/** Reads bytes from front to back; reading past the end is an error. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw new Error('the module ends inside an item');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  byte(): number {
    return this.take(1)[0] as number;
  }

  /** LEB128. Signed integers have the same length, and nobody here needs their value. */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  }

  name(): string {
    return new TextDecoder().decode(this.take(this.unsigned()));
  }

  list<T>(readItem: (reader: Reader) => T): T[] {
    return Array.from({ length: this.unsigned() }, () => readItem(this));
  }
}
