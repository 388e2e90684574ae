/** What every report has, whatever it is about. */
export interface Report {
  /** kdump-inspect/NAME/N: its JSON Schema is src/report/schemas/NAME.json. */
  readonly schema: string;
  /** Sentences. Those of a report whose rows are made as they are gone through are all there after its last row. */
  readonly warnings: readonly string[];
  /** Whether the file holds what the report needs. */
  readonly complete: boolean;
  /** Whether no figure is contradicted; a report that compares none with the kernel's has no such field. */
  readonly consistent?: boolean;
}
