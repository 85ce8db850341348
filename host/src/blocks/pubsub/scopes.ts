/** Whether an application may publish to, or subscribe to, topics of one component. */
export interface TopicRules {
  mayPublish(topic: string): boolean;
  maySubscribe(topic: string): boolean;
}

/** From the component's metadata, names lower-cased: publishingscopes, subscriptionscopes, allowedtopics, protectedtopics. */
export function topicRules(properties: ReadonlyMap<string, string>, appId: string): TopicRules {
  const allowed = topicSet(properties.get("allowedtopics"));
  const protectedTopics = topicSet(properties.get("protectedtopics"));
  const rule = (scoped: ReadonlySet<string>): ((topic: string) => boolean) => {
    return (topic) => {
      if (allowed.size > 0 && !allowed.has(topic)) return false;
      if (scoped.size === 0 && !protectedTopics.has(topic)) return true;
      return scoped.has(topic);
    };
  };
  return {
    mayPublish: rule(scopedTopics(properties.get("publishingscopes"), appId)),
    maySubscribe: rule(scopedTopics(properties.get("subscriptionscopes"), appId)),
  };
}

/** `app1=t1,t2;app2=`: the topics of one app. An app with an empty list has the topic "", so that every real one is refused. */
function scopedTopics(text: string | undefined, appId: string): ReadonlySet<string> {
  const topics = new Set<string>();
  for (const entry of (text ?? "").replaceAll(" ", "").split(";")) {
    const [app, list] = entry.split("=");
    if (app !== appId || list === undefined) continue;
    for (const topic of list.split(",")) topics.add(topic);
  }
  return topics;
}

function topicSet(text: string | undefined): ReadonlySet<string> {
  return text === undefined || text === "" ? none : new Set(text.replaceAll(" ", "").split(","));
}

const none: ReadonlySet<string> = new Set();
