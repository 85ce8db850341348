import type { IPublishPacket } from "mqtt";

export interface HandedOut {
  readonly packet: IPublishPacket;
  /** The connection it came by, where its acknowledgement has to go; the latest, when it came several times. */
  connection: unknown;
  isHandled: boolean;
}

/**
 * What came from the broker and was not acknowledged to it. When the connection is lost and the broker remembers us, it sends
 * all of this again under the same identifiers: what is still being handled is not delivered a second time, and what was handled
 * in between is acknowledged at once. A class: it lives as long as the session.
 */
export class HandedOutMessages {
  readonly #byIdentifier = new Map<number, HandedOut>();

  /** Enters a message, or finds the one that it repeats. */
  take(packet: IPublishPacket, connection: unknown): { readonly entry: HandedOut; readonly isRepeated: boolean } {
    // What needs no acknowledgement has no identifier, and never comes again.
    if (packet.qos === 0) return { entry: { packet, connection, isHandled: false }, isRepeated: false };
    const before = this.#byIdentifier.get(packet.messageId!);
    if (before && packet.dup && isSame(before.packet, packet)) {
      before.connection = connection;
      return { entry: before, isRepeated: true };
    }
    const entry: HandedOut = { packet, connection, isHandled: false };
    this.#byIdentifier.set(packet.messageId!, entry);
    return { entry, isRepeated: false };
  }

  acknowledged(entry: HandedOut): void {
    const { messageId } = entry.packet;
    if (this.#byIdentifier.get(messageId!) === entry) this.#byIdentifier.delete(messageId!);
  }

  /** The broker knows us no longer: it has given up these messages, and uses their identifiers for others. */
  forget(): void {
    this.#byIdentifier.clear();
  }
}

function isSame(left: IPublishPacket, right: IPublishPacket): boolean {
  return left.topic === right.topic && Buffer.from(left.payload).equals(Buffer.from(right.payload));
}
