// `settings` is the parsed settings; `findAgents` is the host's.
const rules = settings.intents;
const byName = Object.fromEntries(rules.map((rule) => [rule.name, rule]));
const urgent = settings.urgent;
const mood = new Map(Object.entries(settings.mood));

function classify(text) {
  const lower = text.toLowerCase();
  const intents = [];
  for (let i = 0; i < rules.length; i++) {
    const { name, phrases } = rules[i];
    let hits = 0;
    for (let j = 0; j < phrases.length; j++) {
      if (lower.includes(phrases[j])) hits++;
    }
    if (hits > 0) intents.push({ name, confidence: Math.min(95, 40 + 20 * hits) / 100 });
  }
  intents.sort((a, b) => b.confidence - a.confidence);
  let urgency = 10;
  for (let i = 0; i < urgent.length; i++) {
    if (lower.includes(urgent[i])) urgency += 25;
  }
  let sum = 0;
  for (const word of lower.match(/[a-z]+/g) ?? []) {
    const weight = mood.get(word);
    if (weight !== undefined) sum += weight;
  }
  return {
    intents,
    sentiment: Math.max(-1, Math.min(1, sum / 10)),
    urgency: Math.min(100, urgency),
    why: "found " + intents.map((intent) => intent.name).join(", "),
  };
}

function route(assessment) {
  const { intents, sentiment, urgency } = assessment;
  const rule = intents.length > 0 ? byName[intents[0].name] : undefined;
  if (rule === undefined) {
    return { queue: settings["default-queue"], steps: [], preferences: [], tags: [], why: "no intent found" };
  }
  const { skill, proficiency } = rule;
  const preferences = [];
  for (const agent of findAgents(skill, proficiency, 4)) {
    if (agent.load < 90) {
      const score = agent.skills[skill] * 15 + Math.floor((100 - agent.load) / 4);
      preferences.push({ agent: agent.id, score: Math.min(100, score) });
    }
  }
  const tags = [];
  if (sentiment < -0.5) tags.push("unhappy");
  if (urgency >= 60) tags.push("urgent");
  return {
    queue: rule.queue,
    steps: [
      { skill, proficiency, expires: urgency >= 60 ? 60 : 180 },
      { skill, proficiency: 1 },
    ],
    preferences,
    priority: Math.min(100, urgency + (sentiment < -0.3 ? 15 : 0)),
    tags,
    why: "asks for " + rule.name,
  };
}
