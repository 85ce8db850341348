/** The peer's bytes are no HTTP/1.1 that is taken here. Nothing that follows on its connection can be told apart any more. */
export class Http1Error extends Error {
  /** What a server answers with, before it closes. */
  readonly status: 400 | 408 | 417 | 431 | 501;

  constructor(message: string, status: Http1Error["status"] = 400) {
    super(message);
    this.name = "Http1Error";
    this.status = status;
  }
}
