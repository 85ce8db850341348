/** What is wrong with a W3C baggage header; undefined when nothing is. */
export function baggageProblem(text: string): string | undefined {
  if (text.length > maxLength) return `baggage string too large: ${text.length} bytes`;
  const members = text.split(",");
  if (members.length > maxMembers) return `baggage list-members exceeds limit of ${maxMembers}`;
  const wrong = members.find((each) => !member.test(each));
  return wrong === undefined ? undefined : `invalid baggage list-member: ${JSON.stringify(wrong.trim())}`;
}

const maxLength = 8192;
const maxMembers = 180;
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const value = "[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*";
const member = new RegExp(
  `^[ \\t]*${token}[ \\t]*=[ \\t]*${value}[ \\t]*(?:;[ \\t]*${token}[ \\t]*(?:=[ \\t]*${value}[ \\t]*)?)*$`,
);
