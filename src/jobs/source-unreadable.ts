/** A source map that the database cannot run at present. Its changes stay in the outbox; other entities go on. */
export class SourceUnreadable extends Error {
  readonly code = 'SOURCE_UNREADABLE';
  readonly entity: string;

  constructor(entity: string, cause: unknown) {
    const words = cause instanceof Error ? cause.message : String(cause);
    super(`The source map of ${entity} cannot be read: ${words}. Check it with "ctg-sync doctor".`, {
      cause,
    });
    this.name = 'SourceUnreadable';
    this.entity = entity;
  }
}
