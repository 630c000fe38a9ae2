/** By the code in `reason` of the address to which the host leads the browser. */
export default {
  "not-offered": "This host offers no sign-in by an issuer. Use a one-time link or a token.",
  "foreign-page": "The sign-in did not begin on this page. Begin it here.",
  "wrong-address": "Sign-in works at the host's public address only. Open the console there.",
  "busy": "Too many people sign in at the moment. Try again in a minute.",
  "issuer-unavailable": "The sign-in service does not answer. Try again in a minute, or use a one-time link.",
  "denied": "The sign-in service did not let you in, or you cancelled.",
  "misconfigured": "The sign-in service and this host are not set up for each other. The operator must compare their settings; the host's log says more.",
  "expired": "This sign-in was used, or began more than ten minutes ago. Begin again.",
  "other-browser": "This sign-in began in another browser or tab, or this browser keeps no cookies. Begin again here.",
  "invalid-answer": "What the sign-in service answered could not be verified. Begin again; if it happens again, tell the operator.",
  "no-role": "The sign-in service knows you, but you have no role here. Ask those who run the sign-in service or this host for one.",
  "host-unavailable": "The host cannot start a session at the moment. Try again in a minute.",
};
