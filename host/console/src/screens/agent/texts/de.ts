import type { AgentTexts } from "../texts.ts";

const texts: AgentTexts = {
  inbox: "Eingang",
  conversation: "Konversation",
};

export default texts;
