/** The options, checked. */
export interface ResolvedStoreOptions {
  readonly type: string;
  readonly database: string;
  readonly tablePrefix: string;
  readonly migrate: boolean;
  /** What TypeORM is given of them. */
  readonly driverOptions: Readonly<Record<string, unknown>> & { readonly database: string };
}
