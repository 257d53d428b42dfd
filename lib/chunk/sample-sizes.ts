/** Memory of decoded samples, in bytes, for the budgets of queries. */
/** The most memory of a sample in columns: a time, a value, and the room that doubling leaves. */
export const COLUMN_SAMPLE_BYTES = 32;

/**
 * The most memory of a sample while its series is sorted: two columns to merge from, two to merge
 * to, the result.
 */
export const DECODED_SAMPLE_BYTES = 48;

/** What start times add to either. */
export const COLUMN_START_BYTES = 16;

export const DECODED_START_BYTES = 24;
