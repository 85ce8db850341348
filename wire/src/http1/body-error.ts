/** Why there is no whole body. */
export class BodyError extends Error {
  /** `broken-off`: the client went away within it, or sent what is no body. */
  readonly reason: "too-large" | "broken-off";

  constructor(reason: "too-large" | "broken-off") {
    super(reason === "too-large" ? "the body is larger than allowed" : "the body broke off");
    this.name = "BodyError";
    this.reason = reason;
  }
}
