/** `npm start`. */
import { printFailure, run } from "./run.ts";

run(process.argv.slice(2)).catch(printFailure);
