/** What DynamoDB charges on demand in us-east-1, in dollars. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
export const DOLLARS_PER_READ_UNIT = 0.125e-6;
export const DOLLARS_PER_WRITE_UNIT = 0.625e-6;
export const DOLLARS_PER_GB_MONTH = 0.25;
