/** Points over two axes of the same range, with the diagonal: what was predicted against what is true. */

import { axes, labelRoom } from './axes.ts';
import { type Chart, line } from './chart.ts';
import { coordinate, element } from './markup.ts';
import { extentOf, linearScale } from './scale.ts';

export interface ScatterOptions {
  readonly title: string;
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Default 480 x 400. */
  readonly width?: number;
  readonly height?: number;
}

export function scatter(options: ScatterOptions): Chart {
  const { points, width = 480, height = 400 } = options;
  const extent = extentOf(points.flat());
  const plot = { left: 0, right: width - 14, top: 40, bottom: height - 46 };
  const y = linearScale(extent, { from: plot.bottom, to: plot.top, ticks: 6 });
  plot.left = labelRoom(y);
  const x = linearScale(extent, { from: plot.left, to: plot.right, ticks: 6 });
  const dots = points
    .filter((point) => point.every(Number.isFinite))
    .map(([px, py]) =>
      element('circle', { cx: coordinate(x.at(px)), cy: coordinate(y.at(py)), r: 3.2, class: 'dot fill-1' }),
    );
  const body = [
    axes(plot, { x, y, xLabel: options.xLabel, yLabel: options.yLabel }),
    line([x.at(x.min), y.at(x.min)], [x.at(x.max), y.at(x.max)], 'reference'),
    ...dots,
  ].join('');
  return { width, height, title: options.title, description: options.description, body };
}
