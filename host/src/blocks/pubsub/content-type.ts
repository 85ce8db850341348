/** How Dapr tells content types apart: without regard to case, up to the first `;`. */
export function isCloudEvent(contentType: string): boolean {
  return is(contentType, "application/cloudevents+json");
}

export function isJson(contentType: string): boolean {
  return is(contentType, "application/json");
}

/** Text that travels as a JSON string. */
export function isText(contentType: string): boolean {
  return contentType.slice(0, 5).toLowerCase() === "text/" || is(contentType, "application/xml");
}

export function isBinary(contentType: string): boolean {
  return is(contentType, "application/octet-stream");
}

export function isProtobufCloudEvent(contentType: string): boolean {
  return is(contentType, "application/cloudevents+protobuf");
}

export function isProtobuf(contentType: string): boolean {
  return is(contentType, "application/x-protobuf");
}

function is(contentType: string, expected: string): boolean {
  if (contentType === expected) return true;
  if (contentType.length < expected.length) return false;
  const semicolon = contentType.indexOf(";");
  const bare = semicolon < 0 ? contentType : contentType.slice(0, semicolon);
  return bare.length === expected.length && bare.toLowerCase() === expected;
}
