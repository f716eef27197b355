/**
 * What a schema of zod, valibot, arktype and others is: https://standardschema.dev, version 1. Types alone, so that no
 * schema library is needed.
 */
export interface StandardSchema<In = unknown, Out = In> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>;
    /** Never there: carries the types. */
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** What a value is made of it, or what is wrong with it. */
export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
