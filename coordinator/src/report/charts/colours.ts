/**
 * The colours of charts and reports, for a light and a dark page. Text on the ground, and on every tint that a heat
 * map lays over it, has a contrast of at least 4.5 (WCAG 2.2, 1.4.3), and lines of at least 3 (1.4.11); a test
 * computes it. Series differ for colour-blind eyes too, and have dashes of their own.
 */

export interface Colours {
  /** Behind everything. */
  readonly ground: string;
  /** Behind boxes in the page and code. */
  readonly panel: string;
  readonly text: string;
  /** Labels of axes, captions. */
  readonly muted: string;
  /** Lines of the grid, borders. */
  readonly rule: string;
  /** Lines that are compared with: diagonals, marks. */
  readonly reference: string;
  /** For series in their order, repeated after the last. */
  readonly series: readonly [string, string, string, string];
  /** Tints of a heat map: what is right, and what is wrong. */
  readonly right: string;
  readonly wrong: string;
}

export type Theme = 'light' | 'dark';

export const colours: Readonly<Record<Theme, Colours>> = {
  light: {
    ground: '#ffffff',
    panel: '#f5f7fa',
    text: '#17202b',
    muted: '#556170',
    rule: '#e1e6ec',
    reference: '#7b8794',
    series: ['#2563b8', '#c2570c', '#0f7b6c', '#8b3fa8'],
    right: '#2563b8',
    wrong: '#d9480f',
  },
  dark: {
    ground: '#12171d',
    panel: '#1a212a',
    text: '#e8ecf1',
    muted: '#a3afbd',
    rule: '#2b3541',
    reference: '#8391a1',
    series: ['#78aefc', '#f5a25d', '#4fcfb8', '#d39af0'],
    right: '#5b95ea',
    wrong: '#ef7f45',
  },
};

/** The strongest a tint is laid on, so that text over it stays readable. */
export const tintMax = 0.5;

/** The names of CSS variables and their values. */
export function colourVariables(theme: Theme): Readonly<Record<string, string>> {
  const { series, ...single } = colours[theme];
  return { ...single, ...Object.fromEntries(series.map((colour, i) => [`series-${i + 1}`, colour])) };
}
