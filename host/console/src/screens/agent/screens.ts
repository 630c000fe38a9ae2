// All of an agent's place of work in one file: one request instead of several.
export { default } from "./Workplace.svelte";
export { default as AgentBar } from "./AgentBar.svelte";
