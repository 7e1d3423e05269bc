/** A strict reader of XML without DTDs: whatever is not well-formed is an error with its place. */

export interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
  /** All text inside, that of its children too. */
  text: string;
}

const token =
  /<!DOCTYPE html>|<(?<close>\/)?(?<name>[a-z][\w:-]*)(?<attributes>(?:\s+[\w:-]+="[^"<]*")*)\s*(?<empty>\/)?>|(?<text>[^<]+)/giy;
const attribute = /([\w:-]+)="([^"<]*)"/g;
const entity = /&(?:amp|lt|gt|quot|#39);/g;
const characters: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** The root element. @throws Error at the first place that is not well-formed */
export function parseMarkup(source: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], text: '' };
  const open: Node[] = [root];
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const groups = token.exec(source)?.groups;
    if (groups === undefined) throw new Error(`no markup at ${at}: ${source.slice(at, at + 60)}`);
    const { close, name, attributes = '', empty, text } = groups;
    if (text !== undefined) for (const node of open) node.text += decode(text);
    if (name === undefined) continue;
    if (close !== undefined) {
      const ended = open.pop();
      if (ended?.name !== name) throw new Error(`</${name}> at ${at} ends <${ended?.name}>`);
      continue;
    }
    const node: Node = { name, attributes: attributesOf(attributes), children: [], text: '' };
    open.at(-1)?.children.push(node);
    if (empty === undefined) open.push(node);
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error(`<${open.at(-1)?.name}> is not ended`);
  return root.children[0]!;
}

/** All elements below `node` that fit, in the order of the document. */
export function all(node: Node, fits: (candidate: Node) => boolean): Node[] {
  return node.children.flatMap((child) => [...(fits(child) ? [child] : []), ...all(child, fits)]);
}

export function named(node: Node, name: string): Node[] {
  return all(node, (candidate) => candidate.name === name);
}

/** The texts of the cells of each row of a table, its header first. */
export function cellsOf(node: Node): string[][] {
  return named(node, 'tr').map((row) => row.children.map(({ text }) => text));
}

function attributesOf(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, key = '', value = ''] of text.matchAll(attribute)) {
    if (key in attributes) throw new Error(`the attribute ${key} is there twice`);
    attributes[key] = decode(value);
  }
  return attributes;
}

function decode(text: string): string {
  if (text.replace(entity, '').includes('&')) throw new Error(`an & that is no entity: ${text}`);
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text))
    throw new Error('a control character');
  return text.replace(entity, (found) => characters[found] ?? '');
}
