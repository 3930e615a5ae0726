/**
 * A queue of calls to one system that are held below a limit of that system: so many per window, so many at once, and
 * none at all for as long as the system asks for. Every activity of the worker that calls the system shares it.
 */
import PQueue from 'p-queue';

/** Whoever would have to wait longer is sent away, so that no activity sleeps through a long pause. */
const LONGEST_QUEUED_PAUSE_MS = 10_000;

export type Turn<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The signal came first: nothing was sent. */
  | { readonly kind: 'abandoned' }
  /** The system has asked for a long pause: nothing was sent. */
  | { readonly kind: 'paused'; readonly remainingMs: number };

export interface Waiting {
  /** Ends the waiting; a call that has started is left alone. */
  readonly signal: AbortSignal;
  /** Among those that wait, higher ones go first. */
  readonly priority?: number;
}

export interface LaneSettings {
  /** Calls in any window, wherever it begins. */
  readonly calls: number;
  readonly windowMs: number;
  /** Calls under way at once. */
  readonly concurrency: number;
  /** The clock of pauses, in ms; a steady one of its own unless told. */
  readonly clock?: () => number;
}

export class Lane {
  readonly #queue: PQueue;
  readonly #clock: () => number;
  readonly #waiting = new Set<() => void>();
  #pausedUntilMs = -Infinity;
  #resume: NodeJS.Timeout | undefined;

  constructor({ calls, windowMs, concurrency, clock = () => performance.now() }: LaneSettings) {
    this.#clock = clock;
    // Strict: any window, not only those that start at a tick.
    this.#queue = new PQueue({ intervalCap: calls, interval: windowMs, strict: true, concurrency });
  }

  /** Runs one call when its turn comes, and tells it how long it has waited. */
  run<T>(call: (waitedMs: number) => Promise<T>, waiting: Waiting): Promise<Turn<T>> {
    const fromMs = performance.now();
    return new Promise((resolve, reject) => {
      const sendAway = (): void => {
        resolve({ kind: 'paused', remainingMs: this.#remainingPauseMs() });
      };
      if (this.#remainingPauseMs() > LONGEST_QUEUED_PAUSE_MS) {
        sendAway();
        return;
      }
      this.#resumeInTime();
      this.#waiting.add(sendAway);
      const start = async (): Promise<void> => {
        this.#waiting.delete(sendAway);
        await call(performance.now() - fromMs).then((value) => {
          resolve({ kind: 'done', value });
        }, reject);
      };
      // The queue reports an aborted signal also for a call under way; that one still ends by itself above.
      this.#queue.add(start, waiting).catch(() => {
        if (this.#waiting.delete(sendAway)) resolve({ kind: 'abandoned' });
      });
    });
  }

  /** No call starts for so long; a shorter pause never cuts a longer one. */
  pause(forMs: number): void {
    if (forMs <= this.#remainingPauseMs()) return;
    this.#pausedUntilMs = this.#clock() + forMs;
    this.#queue.pause();
    this.#resumeInTime();
    if (forMs > LONGEST_QUEUED_PAUSE_MS) this.#sendAllAway();
  }

  /** By the clock, which may have leapt since the pause began. */
  #resumeInTime(): void {
    if (!this.#queue.isPaused) return;
    clearTimeout(this.#resume);
    const remainingMs = this.#remainingPauseMs();
    if (remainingMs === 0) {
      this.#queue.start();
      return;
    }
    this.#resume = setTimeout(() => this.#queue.start(), remainingMs);
    this.#resume.unref();
  }

  #sendAllAway(): void {
    this.#queue.clear();
    for (const sendAway of this.#waiting) sendAway();
    this.#waiting.clear();
  }

  #remainingPauseMs(): number {
    return Math.max(0, this.#pausedUntilMs - this.#clock());
  }
}
