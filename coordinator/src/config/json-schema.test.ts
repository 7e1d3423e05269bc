import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from './json-schema.ts';

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
}

/** Every object of the schema with its path, depth first. */
function objects(node: Node, path: string): [string, Node][] {
  const nested = Object.entries(node.properties ?? {}).map(
    ([key, child]) => [`${path}.${key}`, child] as const,
  );
  const unions = [...(node.oneOf ?? []), ...(node.anyOf ?? [])].map(
    (child, i) => [`${path}|${i}`, child] as const,
  );
  const items = node.items === undefined ? [] : [[`${path}[]`, node.items] as const];
  const below = [...nested, ...unions, ...items].flatMap(([name, child]) => objects(child, name));
  return node.properties === undefined ? below : [[path, node], ...below];
}

describe('configJsonSchema', () => {
  it('equals the published file; after a change run node coordinator/scripts/write-schema.mjs', () => {
    const file = readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(file)).toEqual(configJsonSchema());
  });

  it('describes every setting and lets no object take unknown keys', () => {
    const found = objects(configJsonSchema() as Node, 'config');
    expect(found.length).toBeGreaterThanOrEqual(30);
    for (const [path, node] of found) {
      expect([path, node.additionalProperties]).toEqual([path, false]);
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        expect([`${path}.${key}`, child.description ?? '']).toEqual([
          `${path}.${key}`,
          expect.stringMatching(/.{10,}\.$/),
        ]);
      }
    }
  });

  it('says the default of every optional setting', () => {
    const optional = objects(configJsonSchema() as Node, 'config').flatMap(([path, node]) =>
      Object.entries(node.properties ?? {})
        .filter(([key]) => key !== '$schema' && !(node.required ?? []).includes(key))
        .map(([key, child]) => ({ setting: `${path}.${key}`, text: child.description })),
    );
    expect(optional.length).toBeGreaterThan(30);
    for (const { setting, text } of optional) expect(`${setting}: ${text}`).toMatch(/Default/);
  });

  it('requires the data and the model only', () => {
    expect(configJsonSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      required: ['data', 'model'],
    });
  });
});
