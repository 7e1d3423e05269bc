/** results.json, results.csv and report.html of one comparison hold the same numbers, which are those of its runs. */

import { readFileSync } from 'node:fs';
import type { CellFigures, Results } from 'hivegrad/compare/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, cellsOf, named, type Node, parseMarkup } from '../../../coordinator/src/report/markup.test.support.ts';
