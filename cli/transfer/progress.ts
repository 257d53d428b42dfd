/** How far a long command is: a bar at a terminal, a line at times elsewhere. */

const BAR_WIDTH = 24;
const TERMINAL_INTERVAL_MS = 200;
const LINE_INTERVAL_MS = 10_000;
/** Done, before the time that is left is printed. */
const LEAST_SHARE = 0.01;

export interface ProgressOptions {
  /** Of what is counted; about. */
  readonly total: number;
  readonly clock: () => number;
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #startMs: number;
  #done = 0;
  #shownMs: number;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startMs = options.clock();
    this.#shownMs = this.#startMs;
  }

  add(count: number, about: () => string): void {
    this.#done += count;
    const { clock, isTerminal } = this.#options;
    const nowMs = clock();
    if (nowMs - this.#shownMs < (isTerminal ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS)) return;
    this.#shownMs = nowMs;
    this.#options.write(isTerminal ? `\r\u001b[K${this.#print(about())}` : `${this.#print(about())}\n`);
  }

  /** Writes a line above the bar. */
  line(text: string): void {
    this.#options.write(this.#options.isTerminal ? `\r\u001b[K${text}\n` : `${text}\n`);
  }

  /** Removes the bar. */
  end(): void {
    if (this.#options.isTerminal) this.#options.write("\r\u001b[K");
  }

  #print(about: string): string {
    const { total, clock } = this.#options;
    const share = total > 0 ? Math.min(this.#done / total, 1) : 1;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = "█".repeat(filled).padEnd(BAR_WIDTH, "░");
    const spentMs = clock() - this.#startMs;
    // Before that it would be a guess: an import may have waited for its day at first.
    const left = share < LEAST_SHARE ? "" : `, ${printDuration((spentMs * (1 - share)) / share)} left`;
    return `${bar} ${Math.floor(share * 100)} %, ${about}${left}`;
  }
}

export function printDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
