// Generated from settings.schema.json by `npx patchbay-sdk types`. Do not edit.

/** What a company can change without a new version. */
//# classify route
export interface Settings {
//# route
  /** Queue of customers who return. `apply` checks that it exists. */
  queue: string;
//# classify
  /** Words to look for, in lower case, and the intent each stands for. */
  words: Record<string, string>;
//# classify route
}
//# not classify route
export type Settings = Record<string, never>;
//# end
