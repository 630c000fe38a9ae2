/** What keeps a policy from being built, in words for its author. */
export class BuildProblem extends Error {}
