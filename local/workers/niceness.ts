/**
 * What each thread adds to the main thread's niceness. The main thread passes every request and every chunk on, so all but the
 * writer yield to it. Beside heavy requests it would otherwise have a third of a processor: writes and health checks wait for it.
 */

/**
 * Not more: threads share locks of V8, of ports and of the memory allocator, and one that holds a lock at the lowest priority
 * waits for 0.2 s for its turn, and with it every thread that wants the lock.
 */
export const LANE_NICENESS = { express: 2, short: 7, long: 12 } as const;
export const ROLE_NICENESS = { write: 0, query: 0, rules: 7, compact: 12 } as const;
/** Of the second thread that stores: it gives way to the first. */
export const LARGE_NICENESS = 7;
export const DATABASE_NICENESS = 2;
/** Of V8's own threads, which compile and collect garbage for all: one a processor and more, and together as busy as the database. */
export const V8_NICENESS = 8;
