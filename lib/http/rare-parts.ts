/**
 * Parts that most processes never need. They are loaded together: each file more that a bundle is divided
 * into costs every cold start about 1 ms of CPU (docs/decisions/0122-cold-starts.md).
 */
export { OidcTokens } from "../auth/oidc-tokens.ts";
export { answerClean, answerDelete } from "./admin/admin-answers.ts";
export { parseCorsOrigin } from "./browsers/cors-origin.ts";
