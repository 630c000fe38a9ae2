import type { SupervisorTexts } from "../texts.ts";

const texts: SupervisorTexts = {
  floor: "Übersicht",
};

export default texts;
