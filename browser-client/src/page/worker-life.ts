/** This tab's worker as the page sees it: a thread that holds the connection, started with the first command. */

import type { Command, Report } from '../connection/messages.ts';
import { type Port, portOf } from '../worker-scope.ts';

export interface WorkerLife {
  tell(command: Command): void;
  /** Ends all threads, whatever they do. */
  end(): void;
}

export interface WorkerLifeEvents {
  readonly onReport: (report: Report) => void;
  /** The thread could not be loaded, or broke down. */
  readonly onBroken: () => void;
}

export function openWorkerLife({ onReport, onBroken }: WorkerLifeEvents): WorkerLife {
  let port: Port<Command, Report> | undefined;
  const end = (): void => {
    port?.terminate();
    port = undefined;
  };
  const start = (): Port<Command, Report> => {
    // Written so in one piece, or the build does not see that there is a thread to be built.
    const worker = new Worker(new URL('../connection/connection.worker.ts', import.meta.url), {
      type: 'module',
    });
    const started = portOf<Command, Report>(worker);
    started.listen({
      message: onReport,
      broken: () => {
        end();
        onBroken();
      },
    });
    return started;
  };
  return {
    tell(command) {
      port ??= start();
      port.post(command);
    },
    end,
  };
}
