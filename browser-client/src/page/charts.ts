/**
 * Loss and accuracy by step, as charts and as a table of numbers. The charts are loaded when there is something to draw,
 * and where they cannot be drawn the numbers stay.
 */

import { exactText, lossText, shareText } from '../view/format.ts';
import { type Point, sampled } from '../view/history.ts';
import { find, setText } from './elements.ts';
import type { PlotOptions, Series } from './plot.ts';

const ROWS_MAX = 12;

export function bindCharts(): (points: readonly Point[]) => void {
  const charts = [
    createChart({ id: 'loss', name: 'Loss', pick: ({ loss }) => loss, text: lossText }),
    createChart({
      id: 'accuracy',
      name: 'Accuracy',
      pick: ({ accuracy }) => accuracy,
      text: shareText,
      range: [0, 1],
    }),
  ];
  const [numbers, asNumbers, noCourse] = (['numbers', 'as-numbers', 'no-course'] as const).map((id) =>
    find(`#${id}`, HTMLElement),
  ) as [HTMLElement, HTMLElement, HTMLElement];
  let shown: readonly Point[] = [];
  return (points) => {
    if (points === shown) return;
    shown = points;
    for (const chart of charts) chart(points);
    asNumbers.hidden = points.length === 0;
    noCourse.hidden = points.length > 0;
    numbers.replaceChildren(...sampled(points, ROWS_MAX).map(rowOf));
  };
}

interface ChartOptions extends PlotOptions {
  readonly id: string;
  readonly name: string;
  readonly pick: (point: Point) => number | undefined;
}

function createChart(options: ChartOptions): (points: readonly Point[]) => void {
  const { id, name, pick, text } = options;
  const figure = find(`#${id}`, HTMLElement);
  const current = find('.latest', HTMLElement, figure);
  const plotPlace = find('.plot', HTMLElement, figure);
  let latest: Series = [[], []];
  let plotting: Promise<(series: Series) => void> | undefined;

  const load = async (): Promise<(series: Series) => void> => {
    try {
      const { openPlot } = await import('./plot.ts');
      return openPlot(plotPlace, options);
    } catch {
      // The library throws where the language of the browser is none, such as C.
      plotPlace.hidden = true;
      return () => {};
    }
  };
  const draw = async (series: Series): Promise<void> => {
    latest = series;
    plotting ??= load();
    (await plotting)(latest);
  };
  return (points) => {
    const course = points.filter((point) => pick(point) !== undefined);
    figure.hidden = course.length === 0;
    const [first, last] = [course[0], course.at(-1)];
    if (first === undefined || last === undefined) return;
    void draw([course.map(({ step }) => step), course.map((point) => pick(point)!)]);
    setText(current, text(pick(last)!));
    const from = `${text(pick(first)!)} at step ${exactText(first.step)}`;
    const to = `${text(pick(last)!)} at step ${exactText(last.step)}`;
    plotPlace.setAttribute('aria-label', `${name} by step: from ${from} to ${to}`);
  };
}

function rowOf({ step, loss, accuracy }: Point): HTMLTableRowElement {
  const row = document.createElement('tr');
  const cells = [
    exactText(step),
    loss === undefined ? '–' : lossText(loss),
    accuracy === undefined ? '–' : shareText(accuracy),
  ];
  cells.forEach((text, i) => {
    const cell = document.createElement(i === 0 ? 'th' : 'td');
    if (i === 0) cell.setAttribute('scope', 'row');
    cell.textContent = text;
    row.append(cell);
  });
  return row;
}
