/** What every report has. */
export interface Report {
  /** kdump-inspect/NAME/N: its JSON Schema is src/report/schemas/NAME.json. */
  readonly schema: string;
  /** Sentences. If rows are made while they are iterated, all warnings are there after the last row. */
  readonly warnings: readonly string[];
  /** Whether the file holds what the report needs. */
  readonly complete: boolean;
  /** Whether no figure is contradicted; absent if the report checks none against the kernel's. */
  readonly consistent?: boolean;
}
