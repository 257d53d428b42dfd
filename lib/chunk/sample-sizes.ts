/** Memory of decoded samples, in bytes, for the budgets of queries. */
/** What a sample in columns takes in memory at most: a time, a value, and the room that columns double by. */
export const COLUMN_SAMPLE_BYTES = 32;

/** What a sample takes at most while its series is put in order: two columns to merge from, two to merge to, the result. */
export const DECODED_SAMPLE_BYTES = 48;

/** What the starts add to either, of samples that have them. */
export const COLUMN_START_BYTES = 16;

export const DECODED_START_BYTES = 24;
