-- `settings` is the parsed settings; `find_agents` is the host's.
local rules = settings.intents
local urgent = settings.urgent
local mood = settings.mood
local default_queue = settings["default-queue"]
local by_name = {}
for _, rule in ipairs(rules) do
  by_name[rule.name] = rule
end
local find, lower_case, gmatch = string.find, string.lower, string.gmatch
local floor, max, min = math.floor, math.max, math.min
local concat, sort = table.concat, table.sort

local function best_first(a, b)
  if a.confidence ~= b.confidence then
    return a.confidence > b.confidence
  end
  return a.rank < b.rank
end

function classify(text)
  local lower = lower_case(text)
  local intents, names = {}, {}
  for i = 1, #rules do
    local phrases, hits = rules[i].phrases, 0
    for j = 1, #phrases do
      if find(lower, phrases[j], 1, true) then
        hits = hits + 1
      end
    end
    if hits > 0 then
      intents[#intents + 1] = { name = rules[i].name, confidence = min(95, 40 + 20 * hits) / 100, rank = i }
    end
  end
  sort(intents, best_first)
  for i = 1, #intents do
    names[i] = intents[i].name
  end
  local urgency = 10
  for i = 1, #urgent do
    if find(lower, urgent[i], 1, true) then
      urgency = urgency + 25
    end
  end
  local sum = 0
  for word in gmatch(lower, "%a+") do
    sum = sum + (mood[word] or 0)
  end
  return {
    intents = intents,
    sentiment = max(-1, min(1, sum / 10)),
    urgency = min(100, urgency),
    why = "found " .. concat(names, ", "),
  }
end

function route(assessment)
  local best = assessment.intents[1]
  local rule = best and by_name[best.name]
  if not rule then
    return { queue = default_queue, steps = {}, preferences = {}, tags = {}, why = "no intent found" }
  end
  local sentiment, urgency, skill = assessment.sentiment, assessment.urgency, rule.skill
  local preferences, tags = {}, {}
  local agents = find_agents(skill, rule.proficiency, 4)
  for i = 1, #agents do
    local agent = agents[i]
    if agent.load < 90 then
      local score = agent.skills[skill] * 15 + floor((100 - agent.load) / 4)
      preferences[#preferences + 1] = { agent = agent.id, score = min(100, score) }
    end
  end
  if sentiment < -0.5 then
    tags[#tags + 1] = "unhappy"
  end
  if urgency >= 60 then
    tags[#tags + 1] = "urgent"
  end
  return {
    queue = rule.queue,
    steps = {
      { skill = skill, proficiency = rule.proficiency, expires = urgency >= 60 and 60 or 180 },
      { skill = skill, proficiency = 1 },
    },
    preferences = preferences,
    priority = min(100, urgency + (sentiment < -0.3 and 15 or 0)),
    tags = tags,
    why = "asks for " .. rule.name,
  }
end
