import { escrowEventOf } from '../../local-azure/demonstration/first-pass.ts';
import type { FunctionsHost } from '../../local-azure/functions-host/start.ts';
import { type SourceId, sourcePath } from '../../src/escrow/model/source.ts';

/** Follows a run over the hosts that come and go. Each event is read once, however often it is asked. */
export function runProgress(sources: Iterable<SourceId>, fanOut: boolean) {
  const missing = new Set([...sources].map(sourcePath));
  let followed: FunctionsHost | undefined;
  let read = 0;
  let underWay = 0;
  let timerDone = false;
  const readOn = (): void => {
    for (const events = followed?.events ?? []; read < events.length; read++) {
      const event = events[read];
      if (event?.event === 'started') underWay += 1;
      if (event?.event === 'finished') {
        underWay -= 1;
        if (event.functionName === 'nightlyEscrow' && event.error === undefined) timerDone = true;
      }
      const line = event && escrowEventOf(event);
      if (line?.event === 'escrow.run.completed' && line.status === 'ok') missing.delete(line.source);
    }
  };
  return {
    /**
     * From now on the events of this host count, after all of the earlier ones.
     * @param isTimerDone by the timer's status: a host may die between its writing and its last event.
     */
    follow(host: FunctionsHost, isTimerDone = false): void {
      readOn();
      followed = host;
      read = 0;
      underWay = 0;
      // A timer that ended in a host before has sent its messages; without fan-out its end is the run's.
      timerDone = isTimerDone || (timerDone && fanOut);
    },
    /** Every source has a run that ended well, the timer is done, and nothing is under way any more. */
    isOver(): boolean {
      readOn();
      return timerDone && underWay === 0 && missing.size === 0;
    },
  };
}
