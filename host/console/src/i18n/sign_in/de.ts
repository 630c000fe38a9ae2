import type { Translated } from "../message_area.svelte.ts";
import type en from "./en.ts";

const texts: Translated<typeof en> = {
  "not-offered": "Dieser Host bietet keine Anmeldung über einen Anmeldedienst an. Nehmen Sie einen Einmal-Link oder ein Token.",
  "foreign-page": "Die Anmeldung wurde nicht auf dieser Seite begonnen. Beginnen Sie sie hier.",
  "wrong-address": "Die Anmeldung gelingt nur unter der öffentlichen Adresse des Hosts. Öffnen Sie die Konsole dort.",
  "busy": "Zurzeit melden sich zu viele Personen an. Versuchen Sie es in einer Minute wieder.",
  "issuer-unavailable": "Der Anmeldedienst antwortet nicht. Versuchen Sie es in einer Minute wieder, oder nehmen Sie einen Einmal-Link.",
  "denied": "Der Anmeldedienst hat Sie nicht zugelassen, oder Sie haben abgebrochen.",
  "misconfigured": "Der Anmeldedienst und dieser Host sind nicht aufeinander eingestellt. Der Betreiber muss die Einstellungen beider vergleichen; das Protokoll des Hosts sagt mehr.",
  "expired": "Diese Anmeldung wurde schon benutzt, oder sie begann vor mehr als zehn Minuten. Beginnen Sie von vorn.",
  "other-browser": "Diese Anmeldung begann in einem anderen Browser oder Tab, oder dieser Browser behält keine Cookies. Beginnen Sie hier von vorn.",
  "invalid-answer": "Die Antwort des Anmeldedienstes ließ sich nicht prüfen. Beginnen Sie von vorn; geschieht es wieder, verständigen Sie den Betreiber.",
  "no-role": "Der Anmeldedienst kennt Sie, aber Sie haben hier keine Rolle. Fragen Sie danach, wer den Anmeldedienst oder diesen Host betreibt.",
  "host-unavailable": "Der Host kann zurzeit keine Sitzung beginnen. Versuchen Sie es in einer Minute wieder.",
};

export default texts;
