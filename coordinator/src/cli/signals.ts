/** Ctrl-C and SIGTERM: the first asks for a graceful stop, the second ends the process at once. */

/** Exit code of a process that was told twice, as shells count an interrupt. */
const INTERRUPTED = 130;

export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): unknown;
}

/** A signal that is aborted by the first interrupt; `say` tells the person what happens. */
export function stopOnSignals(source: SignalSource, say: (sentence: string) => void): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) source.exit(INTERRUPTED);
    say('Stopping after the step under way; a checkpoint is written. Once more ends at once.');
    stop.abort();
  };
  source.on('SIGINT', onSignal);
  source.on('SIGTERM', onSignal);
  return stop.signal;
}
