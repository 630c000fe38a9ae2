# `data.settings` is the parsed settings; `find_agents` is the host's.
package policy

import rego.v1

text := lower(input.text)

found := [[0 - confidence, i, rule.name] |
	some i, rule in data.settings.intents
	hits := count([1 | some phrase in rule.phrases; contains(text, phrase)])
	hits > 0
	confidence := min([95, 40 + (20 * hits)])
]

ranked := sort(found)

mood := sum([weight | some part in split(text, " "); weight := data.settings.mood[trim(part, ".,!?")]])

urgent := count([1 | some phrase in data.settings.urgent; contains(text, phrase)])

classify := {
	"intents": [{"name": entry[2], "confidence": (0 - entry[0]) / 100} | some entry in ranked],
	"sentiment": max([-1, min([1, mood / 10])]),
	"urgency": min([100, 10 + (25 * urgent)]),
	"why": concat("", ["found ", concat(", ", [entry[2] | some entry in ranked])]),
}

assessment := input.assessment

chosen := data.settings.by_name[assessment.intents[0].name]

default expires := 180

expires := 60 if assessment.urgency >= 60

default extra := 0

extra := 15 if assessment.sentiment < -0.3

unhappy := ["unhappy" | assessment.sentiment < -0.5]

pressing := ["urgent" | assessment.urgency >= 60]

default route := {"queue": "general", "steps": [], "preferences": [], "tags": [], "why": "no intent found"}

route := {
	"queue": chosen.queue,
	"steps": [
		{"skill": chosen.skill, "proficiency": chosen.proficiency, "expires": expires},
		{"skill": chosen.skill, "proficiency": 1},
	],
	"preferences": [{"agent": agent.id, "score": min([100, (agent.skills[chosen.skill] * 15) + floor((100 - agent.load) / 4)])} |
		some agent in find_agents(chosen.skill, chosen.proficiency, 4)
		agent.load < 90
	],
	"priority": min([100, assessment.urgency + extra]),
	"tags": array.concat(unhappy, pressing),
	"why": concat("", ["asks for ", chosen.name]),
}
