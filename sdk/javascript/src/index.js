export { policy, Problems } from "./policy.js";
export { byteSpan, byteLength } from "./text.js";
