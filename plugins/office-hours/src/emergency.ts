import type { Conversation } from "@patchbay/sdk";

import type { Emergency } from "./settings.js";

/** Lowest confidence of an intent that is an emergency. */
const CONFIDENCE = 0.5;

/** Whether a conversation cannot wait until a site opens. */
export function isEmergency({ assessment }: Conversation, { intents, urgency }: Emergency): boolean {
  if (!assessment) return false;
  if ((assessment.urgency ?? 0) >= urgency) return true;
  return assessment.intents.some((one) => one.confidence >= CONFIDENCE && intents.includes(one.name));
}
