/**
 * Text for XML and HTML, with what comes from outside made harmless. Everything that is written here is well-formed
 * XML, so that a strict parser accepts pages and pictures alike.
 */

/** Text for a place between tags or inside a quoted attribute. Characters that XML does not have become U+FFFD. */
export function escapeText(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; `content` is markup already, attribute values are escaped here, and undefined ones are left out. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeText(String(value))}"`)
    .join('');
  return content === undefined ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A coordinate with one decimal, which is finer than any screen shows. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10 + 0);
}
