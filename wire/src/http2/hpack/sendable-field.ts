/**
 * RFC 9113, section 8.2.1: a name or value that may not be sent is a mistake of who made it, never of the peer, and would let a value end its
 * field behind a peer that speaks HTTP/1. Throws a TypeError that names the field, never the value.
 */
export function checkField(name: string, value: string): void {
  checkName(name);
  checkValue(name, value);
}

export function checkName(name: string): void {
  if (!namePattern.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of an HTTP/2 header field`);
}

export function checkValue(name: string, value: string): void {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code > 0xff || code === 0 || code === 0x0a || code === 0x0d)
      throw new TypeError(`the value of the header field ${name} holds a character that may not be sent`);
  }
}

/** Tokens in lower case; a pseudo-header field begins with a colon. */
const namePattern = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
