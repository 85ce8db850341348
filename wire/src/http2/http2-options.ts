/** What both roles share: what we announce, and the bounds of what a peer can make a connection hold or do. */
export interface Http2Options {
  /**
   * SETTINGS_INITIAL_WINDOW_SIZE: bytes of one stream that the layer above has not consumed. Default 1 MiB.
   * A peer that sends more gets RST_STREAM with FLOW_CONTROL_ERROR.
   */
  readonly initialWindowBytes?: number | undefined;
  /** The same for all streams of a connection together. Default 16 MiB. A peer that sends more gets GOAWAY with FLOW_CONTROL_ERROR. */
  readonly connectionWindowBytes?: number | undefined;
  /** SETTINGS_MAX_FRAME_SIZE, 16,384 to 16,777,215. Default 16 KiB. A longer frame gets GOAWAY with FRAME_SIZE_ERROR. */
  readonly maxFrameBytes?: number | undefined;
  /** SETTINGS_HEADER_TABLE_SIZE. Default 4096. */
  readonly headerTableBytes?: number | undefined;
  /**
   * SETTINGS_MAX_HEADER_LIST_SIZE: names, values and 32 for each field of one header list. Default 64 KiB.
   * A larger list gets RST_STREAM with ENHANCE_YOUR_CALM; an encoded block of more than twice as many bytes GOAWAY with ENHANCE_YOUR_CALM.
   */
  readonly maxHeaderListBytes?: number | undefined;
  /** CONTINUATION frames of one header block. Default 32. More get GOAWAY with ENHANCE_YOUR_CALM. */
  readonly maxContinuationFrames?: number | undefined;
  /** For the peer's preface and first SETTINGS, and for a header block once begun. Default 10,000. Later is GOAWAY with PROTOCOL_ERROR. */
  readonly headerTimeoutMs?: number | undefined;
  /** For the acknowledgement of our SETTINGS. Default 10,000. Later is GOAWAY with SETTINGS_TIMEOUT. */
  readonly settingsTimeoutMs?: number | undefined;
  /** Bytes of a stream that may wait before `sendData` says false. Default 256 KiB. */
  readonly sendBufferBytes?: number | undefined;
  /**
   * Bytes of all streams that wait for a peer that reads slowly or not at all. Default 128 MiB. While there are more, a stream that
   * would add to them is reset with ENHANCE_YOUR_CALM.
   */
  readonly maxQueuedBytes?: number | undefined;
  /**
   * Acknowledgements, resets and window updates of ours that wait for a peer that does not read. Default 1000.
   * One more ends the connection, GOAWAY with ENHANCE_YOUR_CALM if the peer still reads it.
   */
  readonly maxQueuedControlFrames?: number | undefined;
  /**
   * Streams that the peer resets, or makes us reset: so many at once, and so many more each second. Defaults 1000 and 500.
   * Beyond that GOAWAY with ENHANCE_YOUR_CALM.
   */
  readonly resetBurst?: number | undefined;
  readonly resetsPerSecond?: number | undefined;
  /**
   * Frames that bring nothing (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, informational answers, unknown types, frames of ended streams):
   * so many at once, so many more each second, and 8 for each stream opened and each DATA frame that carries bytes, either way.
   * Defaults 10,000 and 1000. Beyond that GOAWAY with ENHANCE_YOUR_CALM.
   */
  readonly controlFrameBurst?: number | undefined;
  readonly controlFramesPerSecond?: number | undefined;
  /** How long a connection that ends waits for its peer to read the last bytes and to close. Default 1000. Then the socket is destroyed. */
  readonly closeTimeoutMs?: number | undefined;
}
