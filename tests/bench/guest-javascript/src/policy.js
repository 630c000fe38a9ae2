// The measured policy, as in `guest/src/lib.rs`.

import { policy } from "@patchbay/sdk";

export default policy({
  prepare(settings) {
    return {
      byName: new Map(settings.intents.map((rule) => [rule.name, rule])),
      mood: new Map(Object.entries(settings.mood)),
    };
  },

  classify(interaction, { settings, prepared: { mood } }) {
    if (settings.idle) return null;
    const lower = interaction.text.toLowerCase();
    const intents = [];
    for (const { name, phrases } of settings.intents) {
      let hits = 0;
      for (const phrase of phrases) if (lower.includes(phrase)) hits++;
      if (hits > 0) intents.push({ name, confidence: Math.min(95, 40 + 20 * hits) / 100 });
    }
    intents.sort((a, b) => b.confidence - a.confidence);
    let urgency = 10;
    for (const word of settings.urgent) if (lower.includes(word)) urgency += 25;
    let sum = 0;
    for (const word of lower.match(/[a-z]+/g) ?? []) sum += mood.get(word) ?? 0;
    return {
      intents,
      sentiment: Math.max(-1, Math.min(1, sum / 10)),
      urgency: Math.min(100, urgency),
      why: `found ${intents.map((intent) => intent.name).join(", ")}`,
    };
  },

  route(conversation, { settings, prepared: { byName }, agents }) {
    const { assessment } = conversation;
    if (!assessment) return null;
    const { intents, sentiment = 0, urgency = 0 } = assessment;
    const rule = intents.length > 0 ? byName.get(intents[0].name) : undefined;
    if (!rule) {
      return { target: { kind: "queue", id: settings["default-queue"] }, why: "no intent found" };
    }
    const { skill, proficiency } = rule;
    const preferences = [];
    const query = { skills: [{ name: skill, proficiency }], present: true, limit: 4 };
    for (const { id, load, proficiencies } of agents.summaries(query).items) {
      if (load >= 90) continue;
      const score = (proficiencies[0] ?? 0) * 15 + Math.floor((100 - load) / 4);
      preferences.push({ agent: id, score: Math.min(100, score) });
    }
    const tags = [];
    if (sentiment < -0.5) tags.push("unhappy");
    if (urgency >= 60) tags.push("urgent");
    return {
      target: { kind: "queue", id: rule.queue },
      steps: [
        { skills: [{ name: skill, proficiency }], expiresAfter: urgency >= 60 ? 60 : 180 },
        { skills: [{ name: skill, proficiency: 1 }] },
      ],
      preferences,
      priority: Math.min(100, urgency + (sentiment < -0.3 ? 15 : 0)),
      tags,
      why: `asks for ${rule.name}`,
    };
  },
});
