/** Files on the web that a person named by address, as for `docker import http://…`. */
export interface Downloads {
  /**
   * Asks for the file and resolves once its server has agreed to send it. Redirects are followed, the
   * engine's proxies used. Throws with what the server answered (`not-found` for 404, `internal` for
   * most else) or with why there was no answer. Whoever does not read to the end calls `return` on the
   * iterator or aborts the signal; either closes the connection.
   */
  open(url: URL, signal: AbortSignal): Promise<Download>;
}

export interface Download {
  /** The address as it may be shown and kept: without a password. */
  readonly shownAddress: string;
  /** Undefined where the server does not tell. */
  readonly sizeBytes: number | undefined;
  /** Read once. Ends with an error when the connection breaks or falls silent. */
  readonly bytes: AsyncIterable<Buffer>;
}
