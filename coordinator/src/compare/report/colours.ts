/**
 * Colours of cells, in the order of their batch sizes: from violet over blue and green to red, so that neighbours look
 * alike and ends do not. Each has a contrast of at least 3 to the page (WCAG 2.2, 1.4.11), and dashes of its own for
 * those who tell no colours apart; after eight both begin again.
 */

import type { Theme } from '../../report/charts/colours.ts';

export const ramp: Readonly<Record<Theme, readonly string[]>> = {
  light: ['#7a3db8', '#3557c9', '#0a7ea4', '#16824a', '#7d7200', '#b85c00', '#c8323c', '#7b4b33'],
  dark: ['#c9a0f5', '#93aefc', '#57c6ea', '#63d297', '#d6cb55', '#f6a55f', '#ff8c8c', '#d3ad93'],
};

const dashes = ['', '8 4', '2 4', '10 3 2 3', '', '5 5', '1 3', '12 4 2 4 2 4'];

export const rampLooks = ramp.light.length;

/** The look of cell number `index`, 1 to `rampLooks`. */
export function rampLook(index: number): number {
  return (index % rampLooks) + 1;
}

const variables = (theme: Theme) => ramp[theme].map((colour, i) => `--ramp-${i + 1}:${colour}`).join(';');

export const rampStyle = [
  `:root{${variables('light')}}`,
  `@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}}`,
  ...ramp.light.flatMap((_, i) => [
    `.chart .ramp-${i + 1}{stroke:var(--ramp-${i + 1});stroke-dasharray:${dashes[i] === '' ? 'none' : dashes[i]}}`,
    `.chart .band-${i + 1}{fill:var(--ramp-${i + 1});fill-opacity:.13}`,
    `.chart .spot-${i + 1}{fill:var(--ramp-${i + 1})}`,
  ]),
  '.legend{display:flex;flex-wrap:wrap;gap:4px 22px;list-style:none;padding:0;margin:0 0 14px;font-size:14px}',
  '.legend li{display:flex;align-items:center;gap:8px}',
  '.legend .chart{width:34px;height:10px;min-width:34px;flex:none}',
  '@media print{.columns{grid-template-columns:1fr 1fr}.scroll{overflow:visible}table{font-size:8.5px}th,td{padding-left:6px}}',
  '.says{padding-left:20px;margin:6px 0 18px;max-width:90ch}',
  '.says li{margin:6px 0}',
].join('\n');
