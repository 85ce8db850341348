import { CR, LF, TAB } from "./characters.ts";
import { Http1Error } from "./http1-error.ts";

/** Looks for the empty line at the end of a head, or of trailers, that comes in pieces: every byte is looked at once. */
export class SectionEnd {
  /** Of the line that is under way, without its end. */
  #lineBytes = 0;
  #sawCr = false;
  /** One empty line at the beginning is not the end. */
  #forgiving: boolean;

  constructor(forgiving: boolean) {
    this.#forgiving = forgiving;
  }

  /** Where the section ends, or -1. Throws at what cannot be in one. */
  find(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]!;
      if (this.#sawCr) {
        if (byte !== LF) throw new Http1Error("a line ends with CR alone");
        this.#sawCr = false;
        if (this.#lineBytes === 0 && !this.#forgiving) return at + 1;
        this.#forgiving = false;
        this.#lineBytes = 0;
      } else if (byte === CR) this.#sawCr = true;
      else if (byte === LF) throw new Http1Error("a line ends with LF alone");
      else if ((byte < 32 && byte !== TAB) || byte === 127) throw new Http1Error("a control character in a head");
      else {
        this.#lineBytes++;
        this.#forgiving = false;
      }
    }
    return -1;
  }
}
