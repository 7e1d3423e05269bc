/** Ordinary least squares by the normal equations, to measure networks against. */

export interface Row {
  readonly x: readonly number[];
  readonly y: number;
}

/** Too small to matter, and enough where one-hot columns add up to the intercept. */
const RIDGE = 1e-6;

/** Fits y = w x + b on `fitted` and answers the root mean squared error on `tested`. */
export function leastSquares(fitted: readonly Row[], tested: readonly Row[]): number {
  const withOne = ({ x }: Row) => [...x, 1];
  const size = fitted[0]!.x.length + 1;
  const matrix = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size + 1 }, () => 0).map((_, j) => (i === j ? RIDGE : 0)),
  );
  for (const row of fitted) {
    const x = withOne(row);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) matrix[i]![j]! += x[i]! * x[j]!;
      matrix[i]![size]! += x[i]! * row.y;
    }
  }
  const weights = solve(matrix);
  const squares = tested.map((row) => (dot(weights, withOne(row)) - row.y) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / tested.length);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** Gaussian elimination with partial pivoting; the last column is the right-hand side. */
function solve(matrix: number[][]): number[] {
  const size = matrix.length;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column; row < size; row++) {
      if (Math.abs(matrix[row]![column]!) > Math.abs(matrix[pivot]![column]!)) pivot = row;
    }
    [matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!];
    for (let row = 0; row < size; row++) {
      if (row === column) continue;
      const factor = matrix[row]![column]! / matrix[column]![column]!;
      for (let j = column; j <= size; j++) matrix[row]![j]! -= factor * matrix[column]![j]!;
    }
  }
  return matrix.map((row, i) => row[size]! / row[i]!);
}
