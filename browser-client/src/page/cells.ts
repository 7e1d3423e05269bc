/** A comb in which a cell is lit for each thread, an ornament: what it shows is said in words beside it. */

const SVG = 'http://www.w3.org/2000/svg';
/** Full combs of one and of two rings. */
const [CELLS_MIN, CELLS_MAX] = [7, 19];
/** Distance of the centres of two cells, and of two rows of them. */
const [ACROSS, DOWN] = [22, 19];

/** Centres of the cells of a comb, from the middle outwards: rings of 6, 12, ... around one. */
function centres(count: number): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (let row = -2; row <= 2; row++) {
    for (let column = -2; column <= 2; column++) {
      // Axial coordinates: what is at most two steps away.
      if (Math.abs(row + column) <= 2) found.push([(column + row / 2) * ACROSS, row * DOWN]);
    }
  }
  const ring = ([x, y]: readonly [number, number]) => Math.round(Math.hypot(x, y) / 8);
  const angle = ([x, y]: readonly [number, number]) => Math.atan2(y, x);
  return found.sort((a, b) => ring(a) - ring(b) || angle(a) - angle(b)).slice(0, count);
}

/** Lights a cell for each thread that is lent, in a comb of at least seven. */
export function showCells(
  comb: SVGElement,
  { threads, threadsMax }: { threads: number; threadsMax: number },
): void {
  if (comb.children.length === 0) draw(comb, threadsMax > CELLS_MIN ? CELLS_MAX : CELLS_MIN);
  [...comb.children].forEach((cell, i) => {
    cell.classList.toggle('lit', i < threads);
  });
}

function draw(comb: SVGElement, count: number): void {
  const places = centres(count);
  comb.replaceChildren(
    ...places.map(([x, y], i) => {
      const cell = document.createElementNS(SVG, 'path');
      cell.setAttribute('d', `M${x} ${y - 11}l9.5 5.5v11l-9.5 5.5-9.5-5.5v-11z`);
      cell.style.animationDelay = `${(i % 7) * -0.37}s`;
      return cell;
    }),
  );
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs) - 11, Math.min(...ys) - 13];
  comb.setAttribute('viewBox', `${left} ${top} ${Math.max(...xs) + 11 - left} ${Math.max(...ys) + 13 - top}`);
}
