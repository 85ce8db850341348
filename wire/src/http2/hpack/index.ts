export { type HeaderField, HeaderList, PreparedHeaders } from "../header-list.ts";
export { HeaderDecoder, headerDecoderDefaults, type HeaderDecoderOptions } from "./header-decoder.ts";
export { HeaderEncoder } from "./header-encoder.ts";
