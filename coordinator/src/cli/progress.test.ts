import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createBarProgress, createPlainProgress, createProgress } from './progress.ts';

/** A stream that keeps what it is given, and a clock that stands still until it is moved. */
function fixture(tty = false, columns = 100) {
  let text = '';
  let nowMs = 5000;
  const writable = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(writable, { isTTY: tty, columns }),
    write: (chunk: string) => void writable.write(chunk),
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms;
    },
    text: () => text,
    /** What a terminal would show, line by line: control sequences only move the cursor to a line's start. */
    screen: () =>
      text
        .split('\n')
        .map((line) => line.split(`${ESCAPE}[1G`).at(-1)?.replaceAll(CONTROL, '') ?? '')
        .filter((line) => line !== ''),
  };
}

const ESCAPE = String.fromCharCode(27);
const CONTROL = new RegExp(`${ESCAPE}\\[[?\\d;]*[A-Za-z]`, 'g');

describe('createPlainProgress', () => {
  it('prints one line per epoch that is short, with rate and time', () => {
    const { write, now, pass, text } = fixture();
    const progress = createPlainProgress({ write, now });
    for (const epoch of [9, 10]) {
      progress.epoch({ epoch, epochs: 10, samples: 1000 });
      pass(500);
      progress.update({ samples: 400, loss: 0.7, accuracy: 0.5 });
      pass(1500);
      progress.update({ samples: 1000, loss: 0.51234, accuracy: 0.875 });
    }
    progress.stop();
    expect(text().split('\n')).toEqual([
      'epoch  9/10  100 %  loss 0.5123  accuracy 87.50 %  500 samples/s  in 2.0 s',
      'epoch 10/10  100 %  loss 0.5123  accuracy 87.50 %  500 samples/s  in 2.0 s',
      '',
    ]);
  });

  it('prints a line each ten seconds in a long epoch, with the time left in the run', () => {
    const { write, now, pass, text } = fixture();
    const progress = createPlainProgress({ write, now });
    progress.epoch({ epoch: 1, epochs: 2, samples: 1000 });
    for (const [ms, samples] of [
      [9999, 200],
      [1, 250],
      [9999, 400],
      [10_001, 750],
    ] as const) {
      pass(ms);
      progress.update({ samples, loss: 2, accuracy: null });
    }
    expect(text().split('\n')).toEqual([
      'epoch 1/2   25 %  loss 2.000  25.0 samples/s  1 min 10 s left',
      'epoch 1/2   75 %  loss 2.000  35.0 samples/s  36 s left',
      '',
    ]);
  });

  it('shows the rate of the last ten seconds, and no time left where nothing is trained any more', () => {
    const { write, now, pass, text } = fixture();
    const progress = createPlainProgress({ write, now });
    progress.epoch({ epoch: 1, epochs: 1, samples: 1000 });
    for (const samples of [100, 900, 900, 1000]) {
      pass(10_000);
      progress.update({ samples, loss: 2, accuracy: null });
    }
    expect(text().split('\n')).toEqual([
      'epoch 1/1   10 %  loss 2.000  10.0 samples/s  1 min 30 s left',
      'epoch 1/1   90 %  loss 2.000  80.0 samples/s  1.3 s left',
      'epoch 1/1   90 %  loss 2.000  0 samples/s',
      'epoch 1/1  100 %  loss 2.000  25.0 samples/s  in 40 s',
      '',
    ]);
  });

  it('counts the ten seconds from the start of an epoch, whatever was waited for before', () => {
    const { write, now, pass, text } = fixture();
    const progress = createPlainProgress({ write, now });
    pass(60_000);
    progress.epoch({ epoch: 1, epochs: 1, samples: 1000 });
    pass(9999);
    progress.update({ samples: 10, loss: 2, accuracy: null });
    expect(text()).toBe('');
    pass(1);
    progress.update({ samples: 500, loss: 2, accuracy: null });
    expect(text()).toMatch(/^epoch 1\/1 {3}50 % {2}[^\n]*\n$/);
  });

  it('counts only its own samples in the rate of an epoch that was resumed', () => {
    const { write, now, pass, text } = fixture();
    const progress = createPlainProgress({ write, now });
    progress.epoch({ epoch: 1, epochs: 1, samples: 1000, samplesDone: 900 });
    pass(1000);
    progress.update({ samples: 1000, loss: 1, accuracy: null });
    expect(text()).toContain('100 samples/s  in 1.0 s');
  });

  it('shows less than 100 % until the last sample is done', () => {
    const { write, now, pass, text } = fixture();
    const progress = createPlainProgress({ write, now });
    progress.epoch({ epoch: 1, epochs: 1, samples: 1000 });
    pass(10_000);
    progress.update({ samples: 999, loss: 1, accuracy: null });
    expect(text()).toContain(' 99 % ');
  });

  it('passes lines on and ignores reports outside an epoch', () => {
    const { write, now, pass, text } = fixture();
    const progress = createPlainProgress({ write, now });
    pass(60_000);
    progress.update({ samples: 1, loss: 1, accuracy: null });
    progress.line('checkpoint written');
    progress.stop();
    progress.update({ samples: 1, loss: 1, accuracy: null });
    expect(text()).toBe('checkpoint written\n');
  });
});

describe('createBarProgress', () => {
  it('leaves one bar per epoch on the screen, and lines between and above them', () => {
    const { stream, now, pass, screen } = fixture(true);
    const progress = createBarProgress({ stream, now });
    progress.epoch({ epoch: 1, epochs: 2, samples: 100 });
    progress.line('a worker joined');
    pass(1000);
    progress.update({ samples: 100, loss: 0.25, accuracy: 0.9 });
    progress.line('test accuracy 91 %');
    progress.epoch({ epoch: 2, epochs: 2, samples: 100 });
    pass(500);
    progress.update({ samples: 50, loss: 0.2, accuracy: 0.9 });
    progress.stop();
    expect(screen()).toEqual([
      'a worker joined',
      `epoch 1/2  ${'━'.repeat(25)}  100 %  loss 0.2500  accuracy 90.00 %  100 samples/s  in 1.0 s`,
      'test accuracy 91 %',
      `epoch 2/2  ${'━'.repeat(11)}${'─'.repeat(11)}   50 %  loss 0.2000  accuracy 90.00 %  100 samples/s  500 ms left`,
    ]);
  });

  it('stands below a line that is printed while it does not change', () => {
    const { stream, now, pass, screen } = fixture(true);
    const progress = createBarProgress({ stream, now });
    progress.epoch({ epoch: 1, epochs: 1, samples: 100 });
    pass(1000);
    progress.update({ samples: 50, loss: 0.2, accuracy: 0.9 });
    progress.line('a worker left');
    progress.line('the step waits');
    progress.stop();
    const [left, waits, bar] = screen();
    expect([left, waits]).toEqual(['a worker left', 'the step waits']);
    expect(bar).toMatch(/^epoch 1\/1 .* 50 % .* 50\.0 samples\/s/);
  });

  it('drops the time, the rate and the accuracy where the terminal is narrow', () => {
    const shown = [120, 100, 80, 60, 40].map((columns) => {
      const { stream, now, pass, screen } = fixture(true, columns);
      const progress = createBarProgress({ stream, now });
      progress.epoch({ epoch: 1, epochs: 1, samples: 4 });
      pass(1000);
      progress.update({ samples: 1, loss: 0.5, accuracy: 0.25 });
      progress.stop();
      const line = screen()[0] ?? '';
      expect(line.length).toBeLessThan(columns);
      return line.replaceAll(/[━─]+/g, 'BAR');
    });
    expect(shown).toEqual([
      'epoch 1/1  BAR   25 %  loss 0.5000  accuracy 25.00 %  1.00 samples/s  3.0 s left',
      'epoch 1/1  BAR   25 %  loss 0.5000  accuracy 25.00 %  1.00 samples/s  3.0 s left',
      'epoch 1/1  BAR   25 %  loss 0.5000  accuracy 25.00 %  1.00 samples/s',
      'epoch 1/1  BAR   25 %  loss 0.5000  accuracy 25.00 %',
      'epoch 1/1  BAR   25 %  loss 0.5000',
    ]);
  });

  it('changes no mode of the terminal and ends its line when it stops', () => {
    const { stream, now, text } = fixture(true);
    const progress = createBarProgress({ stream, now });
    progress.epoch({ epoch: 1, epochs: 1, samples: 4 });
    progress.stop();
    progress.stop();
    expect(text()).not.toContain(`${ESCAPE}[?`);
    expect(text().endsWith('\n')).toBe(true);
  });
});

describe('createProgress', () => {
  it('draws bars only on a terminal that is not CI and can move its cursor', () => {
    const draws = (tty: boolean, env: Record<string, string>) => {
      const { stream, now, text } = fixture(tty);
      const progress = createProgress({ stream, env, now });
      progress.epoch({ epoch: 1, epochs: 1, samples: 4 });
      progress.stop();
      return text().includes('─');
    };
    expect([
      draws(true, {}),
      draws(true, { CI: 'false' }),
      draws(true, { CI: 'true' }),
      draws(true, { TERM: 'dumb' }),
      draws(false, {}),
    ]).toEqual([true, true, false, false, false]);
  });
});
