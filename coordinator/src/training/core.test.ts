import { describe, expect, it } from 'vitest';
import { core, exit, runSteps, sumsOver, tested, trainLine, types } from './core.test.support.ts';
import type { Command } from './events.ts';
import type { Progress } from './progress.ts';
import { startOfRun } from './progress.ts';
import { accuracy, meanLoss, noSums } from './sums.ts';

describe('a stretch', () => {
  it('goes from the present step to the end of the epoch', () => {
    expect(core().start()).toEqual([runSteps(0, 4)]);
    const progress = { step: 6, window: noSums, epoch: noSums };
    expect(core({ from: progress }).start()).toEqual([runSteps(6, 8)]);
  });

  it('is no longer than a job can be', () => {
    const { start, done } = core({ plan: { stretchSteps: 3 } });
    expect(start()).toEqual([runSteps(0, 3)]);
    expect(done(3)).toContainEqual(runSteps(3, 4));
  });

  it('is held once when it is older than metrics may be, and goes on', () => {
    const { start, tick, done } = core();
    start(100);
    expect(tick(599)).toEqual([]);
    expect(tick(600)).toEqual([{ type: 'hold', atOnce: false }]);
    expect(tick(700)).toEqual([]);
    expect(done(2, 700)).toEqual([runSteps(2, 4)]);
    expect(tick(1199)).toEqual([{ type: 'hold', atOnce: false }]);
  });
});

describe('metrics', () => {
  it('have a line every so many steps and at the end of each epoch, where they begin anew', () => {
    const { start, done, evaluated } = core();
    start();
    expect(done(4)).toEqual([
      trainLine(3, 1, sumsOver(1, 3)),
      trainLine(4, 1, sumsOver(4, 4)),
      { type: 'evaluate', validation: false },
    ]);
    expect(evaluated()).toContainEqual({
      type: 'metrics',
      line: { kind: 'epoch', step: 4, epoch: 1, train: sumsOver(1, 4), test: tested },
    });
    expect(done(7)).toContainEqual(trainLine(7, 2, sumsOver(5, 7)));
  });

  it('do not depend on how the steps were cut in stretches', () => {
    const { start, done } = core();
    start();
    expect(types(done(1))).toEqual(['runSteps']);
    expect(types(done(2))).toEqual(['runSteps']);
    expect(done(3)).toContainEqual(trainLine(3, 1, sumsOver(1, 3)));
  });

  it('go on after a resume where the checkpoint left them', () => {
    const first = core();
    first.start();
    first.stop();
    const [command] = first.done(2);
    const { progress } = command as Command & { type: 'checkpoint' };
    const second = core({ from: JSON.parse(JSON.stringify(progress)) as Progress });
    expect(second.start()).toEqual([runSteps(2, 4)]);
    expect(second.done(4)).toEqual([
      trainLine(3, 1, sumsOver(1, 3)),
      trainLine(4, 1, sumsOver(4, 4)),
      { type: 'evaluate', validation: false },
    ]);
    expect(second.evaluated()[0]).toMatchObject({ line: { kind: 'epoch', train: sumsOver(1, 4) } });
  });

  it('are means over samples', () => {
    expect(meanLoss(sumsOver(1, 3))).toBe(0.2);
    expect(accuracy(tested)).toBe(0.3);
  });
});

describe('a stop', () => {
  it('holds the stretch, writes a checkpoint, and exits when that is durable', () => {
    const { start, stop, done, durable } = core();
    start();
    expect(stop()).toEqual([{ type: 'hold', atOnce: true }]);
    expect(stop()).toEqual([]);
    const progress = { step: 2, window: sumsOver(1, 2), epoch: sumsOver(1, 2) };
    expect(done(2)).toEqual([{ type: 'checkpoint', progress }]);
    expect(durable(2)).toEqual(exit('stopped', 2));
  });

  it('waits for a checkpoint that is being written, and writes another of the step it stands at', () => {
    const { start, stop, tick, done, durable } = core();
    start();
    tick(1000);
    expect(types(done(1, 1000))).toEqual(['checkpoint', 'runSteps']);
    stop();
    expect(done(2, 1010)).toEqual([]);
    expect(types(durable(1))).toEqual(['checkpoint']);
    expect(durable(2)).toEqual(exit('stopped', 2));
  });

  it('during an evaluation lets it end, so that its line is written', () => {
    const { start, stop, done, evaluated, durable } = core();
    start();
    done(4);
    expect(stop()).toEqual([]);
    expect(types(evaluated())).toEqual(['metrics', 'checkpoint']);
    expect(durable(4)).toEqual(exit('stopped', 4));
  });

  it('before the start writes the checkpoint of step 0 and runs nothing', () => {
    const { start, stop, durable } = core();
    expect(stop()).toEqual([{ type: 'checkpoint', progress: startOfRun }]);
    expect(start()).toEqual([]);
    expect(durable(0)).toEqual(exit('stopped', 0));
  });

  it('before the start of a resumed run exits at once: its checkpoint is there', () => {
    const { start, stop } = core({ from: { step: 2, window: noSums, epoch: noSums } });
    expect(stop()).toEqual(exit('stopped', 2));
    expect(start()).toEqual([]);
  });

  it('after the last step has stopped nothing', () => {
    const { start, stop, done, evaluated, durable } = core({ plan: { epochs: 1 } });
    start();
    done(4);
    evaluated();
    expect(stop()).toEqual([]);
    expect(durable(4)).toEqual(exit('finished', 4));
  });
});

describe('a checkpoint', () => {
  it('that is due holds the stretch, is taken at the next step boundary, and the run goes on', () => {
    const { start, tick, done } = core({ plan: { stretchMs: 1e9 } });
    start(0);
    expect(tick(999)).toEqual([]);
    expect(tick(1000)).toEqual([{ type: 'hold', atOnce: false }]);
    const progress = { step: 2, window: sumsOver(1, 2), epoch: sumsOver(1, 2) };
    expect(done(2, 1020)).toEqual([{ type: 'checkpoint', progress }, runSteps(2, 4)]);
  });

  it('is due again so long after the last one, but not while that is being written', () => {
    const { start, tick, done, durable } = core({
      plan: { stepsPerEpoch: 100, metricsEvery: 50, stretchMs: 1e9 },
    });
    start(0);
    tick(1000);
    done(2, 1020);
    expect(tick(5000)).toEqual([]);
    expect(durable(2)).toEqual([]);
    expect(tick(2019)).toEqual([]);
    expect(tick(2020)).toEqual([{ type: 'hold', atOnce: false }]);
    expect(types(done(3, 2030))).toEqual(['checkpoint', 'runSteps']);
  });

  it('at the end of an epoch has the sums of the next one, which are none', () => {
    const { start, done, evaluated } = core();
    start(0);
    done(4, 300);
    expect(evaluated(310).slice(1)).toEqual([
      {
        type: 'checkpoint',
        progress: { step: 4, window: noSums, epoch: noSums, last: { epoch: 1, step: 4, test: tested } },
      },
      runSteps(4, 8),
    ]);
  });

  it('at the end of an epoch is left out so soon after the last one', () => {
    const { start, tick, done, evaluated, durable } = core();
    start(0);
    tick(1000);
    done(3, 1000);
    durable(3);
    done(4, 1090);
    expect(types(evaluated(1099))).toEqual(['metrics', 'runSteps']);
  });

  it('at the end of an epoch is left out while another is being written', () => {
    const { start, tick, done, evaluated } = core();
    start(0);
    tick(1000);
    done(3, 1000);
    done(4, 2090);
    expect(types(evaluated(3000))).toEqual(['metrics', 'runSteps']);
  });

  it('at the end of the run is written however short ago the last one was', () => {
    const { start, tick, done, evaluated, durable } = core({ plan: { epochs: 1 } });
    start(0);
    tick(1000);
    done(3, 1000);
    durable(3);
    done(4, 1001);
    expect(types(evaluated(1002))).toEqual(['metrics', 'checkpoint']);
    expect(durable(4)).toEqual(exit('finished', 4));
  });

  it('at the end of the run waits for the one that is being written', () => {
    const { start, tick, done, evaluated, durable } = core({ plan: { epochs: 1 } });
    start(0);
    tick(1000);
    done(3, 1000);
    done(4, 1001);
    expect(types(evaluated(1002))).toEqual(['metrics']);
    expect(types(durable(3))).toEqual(['checkpoint']);
    expect(durable(4)).toEqual(exit('finished', 4));
  });
});

describe('the end', () => {
  it('of a run that is resumed after its last step comes at once', () => {
    expect(core({ from: { step: 8, window: noSums, epoch: noSums } }).start()).toEqual(exit('finished', 8));
  });

  it('comes at once where a step diverges, with the lines of the steps before it', () => {
    const { start, done } = core();
    start();
    expect(done(3, 0, true)).toEqual([trainLine(3, 1, sumsOver(1, 3)), ...exit('diverged', 3)]);
  });

  it('comes at once where the first step of an epoch diverges, without another evaluation', () => {
    const { start, done, evaluated } = core();
    start();
    done(4);
    evaluated();
    expect(done(4, 0, true)).toEqual(exit('diverged', 4));
  });

  it('is the end: later events are ignored', () => {
    const { start, done, stop, tick, durable, evaluated } = core();
    start();
    done(1, 0, true);
    expect([stop(), tick(1e9), durable(1), evaluated(), done(2), start()].flat()).toEqual([]);
  });
});
